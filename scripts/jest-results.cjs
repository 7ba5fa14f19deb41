'use strict';

const fs = require('node:fs');

/** Tells the process that started jest what really ran: counts, and each test's full name and status. */
module.exports = class JestResults {
  onRunComplete(_contexts, results) {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numRuntimeErrorTestSuites } = results;
    const tests = results.testResults.flatMap((suite) =>
      suite.testResults.map(({ fullName, status }) => ({ fullName, status })),
    );
    const counts = { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numRuntimeErrorTestSuites };
    fs.writeFileSync(process.env.CHARGECAST_TEST_RESULTS, JSON.stringify({ ...counts, tests }));
  }
};
