import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { createAddressReader } from "./client-address.ts";

function request(remoteAddress: string, headers: Record<string, string>): IncomingMessage {
  return { socket: { remoteAddress }, headers } as unknown as IncomingMessage;
}

const FORWARDED = {
  "host": "inner:4873",
  "x-forwarded-proto": "https",
  "x-forwarded-host": "npm.example",
  "x-forwarded-prefix": "/packages/",
  "x-forwarded-for": "6.6.6.6, 203.0.113.7",
};

describe("createAddressReader", () => {
  it("believes nobody by default", () => {
    expect(createAddressReader([]).read(request("127.0.0.1", FORWARDED))).toEqual({
      origin: "http://inner:4873",
      hostName: "inner",
      pathPrefix: "",
      ip: "127.0.0.1",
    });
  });

  it("believes a trusted proxy, and of the addresses only what it added", () => {
    expect(createAddressReader(["loopback"]).read(request("::ffff:127.0.0.1", FORWARDED))).toEqual({
      origin: "https://npm.example",
      hostName: "npm.example",
      pathPrefix: "/packages",
      ip: "203.0.113.7",
    });
  });

  it("believes a range, and not an address outside it", () => {
    const reader = createAddressReader(["10.0.0.0/8"]);
    expect(reader.read(request("10.1.2.3", FORWARDED)).origin).toBe("https://npm.example");
    expect(reader.read(request("11.1.2.3", FORWARDED)).origin).toBe("http://inner:4873");
  });

  it.each(["", "a b", "evil/path", "user@host", "host:port", "one, two"])("refuses the host %j", (host) => {
    expect(() => createAddressReader([]).read(request("127.0.0.1", { host }))).toThrow("Host");
  });
});
