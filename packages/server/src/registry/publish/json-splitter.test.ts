import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isEntrepotError } from "@entrepot/core";
import { createJsonSplitter } from "./json-splitter.ts";

interface Split {
  kept: string;
  data: Map<string, string>;
}

async function split(text: string, chunkLength = text.length, keptBytesMax = 1_000_000): Promise<Split> {
  const data = new Map<string, string>();
  const splitter = createJsonSplitter(
    {
      wantsData: (name) => !name.endsWith(".sigstore"),
      onData: async (name, piece) =>
        void data.set(name, (data.get(name) ?? "") + Buffer.from(piece).toString("latin1")),
      onDataEnd: async () => undefined,
    },
    keptBytesMax,
  );
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += chunkLength) {
    await splitter.write(bytes.subarray(at, at + chunkLength));
  }
  return { kept: splitter.finish().toString("utf8"), data };
}

function document(data: string): Record<string, unknown> {
  return {
    name: "x",
    readme: 'says "data": "no" and \\ and {"_attachments":{"a.tgz":{"data":"z"}}}',
    versions: { "1.0.0": { _attachments: { "y.tgz": { data: "kept" } } } },
    _attachments: {
      "x-1.0.0.tgz": { content_type: "application/octet-stream", data, length: 3 },
      "x-1.0.0.sigstore": { data: '{"bundle":"kept"}' },
    },
  };
}

describe("createJsonSplitter", () => {
  it("takes the tarball's text out and leaves an empty string in its place, whatever the chunks", async () => {
    const base64 = Buffer.from("some bytes of a tarball").toString("base64");
    const text = JSON.stringify(document(base64));
    const expected = document("");
    for (const chunkLength of [1, 2, 3, 7, 64, text.length]) {
      const { kept, data } = await split(text, chunkLength);
      expect(JSON.parse(kept)).toEqual(expected);
      expect([...data]).toEqual([["x-1.0.0.tgz", base64]]);
    }
  });

  it("leaves documents without attachments as they are", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.integer({ min: 1, max: 20 }), async (value, chunkLength) => {
        const text = JSON.stringify(value);
        expect((await split(text, chunkLength)).kept).toBe(text);
      }),
    );
  });

  it("understands escaped keys and white space", async () => {
    const text = '{ "_attach\\u006dents" : { "a.tgz" : { "dat\\u0061" : "QUJD" , "length" : 3 } } }';
    const { kept, data } = await split(text, 4);
    expect(data.get("a.tgz")).toBe("QUJD");
    expect(JSON.parse(kept)).toEqual({ _attachments: { "a.tgz": { data: "", length: 3 } } });
  });

  it("bounds what it keeps, but not what it hands on", async () => {
    const text = JSON.stringify(document("A".repeat(100_000)));
    await expect(split(text, 1000, 2000)).resolves.toBeDefined();
    await expect(split(text, 1000, 100)).rejects.toSatisfy((error) =>
      isEntrepotError(error, "body-too-large"),
    );
  });

  it.each(['{"a":', '{"_attachments":{"a.tgz":{"data":"QUJ', '{"a":"b'])(
    "refuses %s, which ends too early",
    async (text) => {
      await expect(split(text)).rejects.toThrow("ends in the middle");
    },
  );

  it("refuses bottomless nesting", async () => {
    await expect(split("[".repeat(100_000))).rejects.toThrow("nested");
  });
});
