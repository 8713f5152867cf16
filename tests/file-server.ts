/**
 * A real HTTP server for one file, with faults on demand.
 *
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';

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
  /** Of any answer. */
  headers?: Record<string, string>;
  /** Every byte of the body has its bits turned over. */
  corrupt?: boolean;
  /** The body comes in pieces of so many bytes, each in a turn of its own, `everyMs` apart. */
  trickle?: number;
  everyMs?: number;
}

export class FileServer {
  /** Taken by the next requests, one each; then all is well. */
  readonly faults: Fault[] = [];
  /** What was asked, in order. */
  readonly requests: {
    path: string;
    range: string | undefined;
    ifRange: string | undefined;
    authorization: string | undefined;
  }[] = [];
  content: Uint8Array;
  /** Answers that were on their way together. */
  mostAtOnce = 0;
  #atOnce = 0;
  etag: string | undefined = '"1"';
  ranges = true;
  /** Whether answers say their length. */
  lengths = true;
  /** Answers instead of the file, by path: JSON, or where to go instead. */
  readonly paths = new Map<string, { json?: unknown; location?: string; headers?: Record<string, string> }>();
  readonly #server: Server;

  constructor(content: Uint8Array) {
    this.content = content;
    this.#server = createServer(this.handle);
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

  /** Answers one request: also as part of another server. */
  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    const { range, 'if-range': ifRange, authorization } = request.headers;
    const path = request.url ?? '/';
    this.requests.push({ path, range, ifRange: ifRange as string | undefined, authorization });
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atOnce);
    response.on('close', () => this.#atOnce--);
    const fault = this.faults.shift() ?? {};
    for (const [name, value] of Object.entries(fault.headers ?? {})) response.setHeader(name, value);
    if (fault.status !== undefined) return void response.writeHead(fault.status).end();
    const special = this.paths.get(path);
    for (const [name, value] of Object.entries(special?.headers ?? {})) response.setHeader(name, value);
    if (special?.location !== undefined) return void response.writeHead(302, { Location: special.location }).end();
    if (special?.json !== undefined) {
      return void response.setHeader('Content-Type', 'application/json').end(JSON.stringify(special.json));
    }
    this.#sendFile(response, fault, range, ifRange as string | undefined);
  };

  #sendFile(response: ServerResponse, fault: Fault, range: string | undefined, ifRange: string | undefined): void {
    let body = fault.instead ?? this.content;
    const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
    const partial =
      this.ranges && first !== undefined && !fault.instead && (ifRange === undefined || ifRange === this.etag);
    if (this.etag !== undefined) response.setHeader('ETag', this.etag);
    if (partial) {
      const from = Number(first);
      const to = Math.min(last ? Number(last) : Infinity, body.length - 1);
      if (from >= body.length) return void response.writeHead(416).end();
      response.setHeader('Content-Range', `bytes ${from}-${to}/${body.length}`);
      body = body.subarray(from, to + 1);
    }
    if (fault.corrupt) body = body.map((byte) => byte ^ 0xff);
    if (this.lengths) response.setHeader('Content-Length', body.length);
    response.writeHead(partial ? 206 : 200);
    void this.#sendBody(response, body, fault);
  }

  async #sendBody(response: ServerResponse, body: Uint8Array, fault: Fault): Promise<void> {
    const end = fault.cutAfter ?? fault.hangAfter;
    if (fault.trickle !== undefined) {
      for (let at = 0; at < body.length; at += fault.trickle) {
        response.write(body.subarray(at, at + fault.trickle));
        await (fault.everyMs === undefined ? setImmediate() : setTimeout(fault.everyMs));
        if (response.destroyed) return;
      }
      return void response.end();
    }
    if (end === undefined) return void response.end(body);
    response.write(body.subarray(0, end), () => {
      if (fault.cutAfter !== undefined) response.destroy();
    });
  }
}
