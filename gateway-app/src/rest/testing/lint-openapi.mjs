// Lints OpenAPI documents with the rules a public API is held to; prints each finding as a line of JSON.
import { readFileSync } from 'node:fs';
import process from 'node:process';

import { createConfig, lintFromString } from '@redocly/openapi-core';

const config = await createConfig({ extends: ['recommended'] });
for (const file of process.argv.slice(2)) {
  const found = await lintFromString({ source: readFileSync(file, 'utf8'), absoluteRef: file, config });
  for (const { severity, ruleId, message, location } of found) {
    const finding = { file, severity, ruleId, message, pointer: location[0]?.pointer };
    process.stdout.write(`${JSON.stringify(finding)}\n`);
  }
}
