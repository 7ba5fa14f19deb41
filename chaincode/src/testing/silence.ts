/** Imported before fabric-shim: tests assert refusals, nobody reads the shim's log of them. */
process.env.CORE_CHAINCODE_LOGGING_LEVEL = 'CRITICAL';
