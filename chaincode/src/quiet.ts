/** Before fabric-shim loads: it logs every transaction unless told otherwise, and calls what grpc-js deprecates. */
process.env.CORE_CHAINCODE_LOGGING_LEVEL ??= 'WARNING';
process.noDeprecation = true;
