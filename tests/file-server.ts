/**
 * A real HTTP server for one file, with faults on demand.
 *
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How one request goes wrong. */
export interface Fault {
  /** Answered instead, without a file. */
  status?: number;
  /** The connection is cut after so many bytes of the body. */
  cutAfter?: number;
  /** The body stops after so many bytes, and the connection stays. */
  hangAfter?: number;
  /** Sent with 200 instead of the file. */
  instead?: Uint8Array;
}

export class FileServer {
  /** Taken by the next requests, one each; then all is well. */
  readonly faults: Fault[] = [];
  /** What was asked, in order. */
  readonly requests: { range: string | undefined; ifRange: string | undefined }[] = [];
  content: Uint8Array;
  etag: string | undefined = '"1"';
  ranges = true;
  /** Whether answers say their length. */
  lengths = true;
  readonly #server: Server;

  constructor(content: Uint8Array) {
    this.content = content;
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  /** Returns the base URL, which ends in a slash. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { range, 'if-range': ifRange } = request.headers;
    this.requests.push({ range, ifRange: ifRange as string | undefined });
    const fault = this.faults.shift() ?? {};
    if (fault.status !== undefined) return void response.writeHead(fault.status).end();
    let body = fault.instead ?? this.content;
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    const partial = this.ranges && from > 0 && !fault.instead && (ifRange === undefined || ifRange === this.etag);
    if (this.etag !== undefined) response.setHeader('ETag', this.etag);
    if (partial) {
      if (from >= body.length) return void response.writeHead(416).end();
      response.setHeader('Content-Range', `bytes ${from}-${body.length - 1}/${body.length}`);
      body = body.subarray(from);
    }
    if (this.lengths) response.setHeader('Content-Length', body.length);
    response.writeHead(partial ? 206 : 200);
    const end = fault.cutAfter ?? fault.hangAfter;
    if (end === undefined) return void response.end(body);
    response.write(body.subarray(0, end), () => {
      if (fault.cutAfter !== undefined) response.destroy();
    });
  }
}
