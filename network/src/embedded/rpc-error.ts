import { Metadata, type ServerErrorResponse, type status } from '@grpc/grpc-js';
import { gateway, google } from '@hyperledger/fabric-protos';
import { Any } from 'google-protobuf/google/protobuf/any_pb';

/** What one node answered, as Fabric's gateway attaches it to an error. */
export interface NodeFailure {
  readonly address: string;
  readonly mspId: string;
  readonly message: string;
}

const DETAIL_TYPE = 'gateway.ErrorDetail';
const DETAILS_KEY = 'grpc-status-details-bin';

/** A refusal that reaches the client with Fabric's gRPC code, text and details. */
export class RpcError extends Error {
  readonly status: status;
  readonly failures: readonly NodeFailure[];

  constructor(code: status, message: string, failures: readonly NodeFailure[] = []) {
    super(message);
    this.name = 'RpcError';
    this.status = code;
    this.failures = failures;
  }

  toResponse(): ServerErrorResponse {
    const response: ServerErrorResponse = Object.assign(new Error(this.message), {
      code: this.status,
      details: this.message,
    });
    if (this.failures.length > 0) response.metadata = this.#metadata();
    return response;
  }

  #metadata(): Metadata {
    const rich = new google.rpc.Status();
    rich.setCode(this.status);
    rich.setMessage(this.message);
    rich.setDetailsList(this.failures.map(packDetail));
    const metadata = new Metadata();
    metadata.set(DETAILS_KEY, Buffer.from(rich.serializeBinary()));
    return metadata;
  }
}

function packDetail({ address, mspId, message }: NodeFailure): Any {
  const detail = new gateway.ErrorDetail();
  detail.setAddress(address);
  detail.setMspId(mspId);
  detail.setMessage(message);
  const any = new Any();
  any.pack(detail.serializeBinary(), DETAIL_TYPE);
  return any;
}
