'use strict';

const fs = require('node:fs');
const path = require('node:path');

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** A Chromium to test in: that of the environment variable CHROMIUM, else one on PATH; undefined without any. */
function findChromium({ CHROMIUM, PATH = '' } = process.env) {
  const places = CHROMIUM
    ? [CHROMIUM]
    : NAMES.flatMap((name) => PATH.split(path.delimiter).map((folder) => path.join(folder, name)));
  return places.find((file) => {
    try {
      fs.accessSync(file, fs.constants.X_OK);
      return fs.statSync(file).isFile();
    } catch {
      return false;
    }
  });
}

module.exports = { findChromium };
