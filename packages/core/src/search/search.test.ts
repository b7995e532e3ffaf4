import { describe, expect, test } from "vitest";
import { packageWords } from "./package-words.ts";
import { parseSearch } from "./parse-search.ts";

const wordsOf = (name: string, more: Partial<Parameters<typeof packageWords>[0]> = {}): Map<string, number> =>
  packageWords({ name, description: "", keywords: [], author: null, maintainers: [], ...more });

describe("words of a package", () => {
  test("every part of its name begins one of them", () => {
    const words = [...wordsOf("@acme/leftPad-x").keys()];
    for (const part of ["@acme/leftp", "leftpad-x", "left", "eft", "pad", "ad-x", "-x"]) {
      expect(words.some((word) => word.startsWith(part))).toBe(true);
    }
  });

  test("the name says most, then keywords, then the description", () => {
    const words = wordsOf("left-pad", { keywords: ["align"], description: "Pads and aligns text" });
    const [whole = 0, part = 0, keyword = 0, said = 0] = ["left-pad", "pad", "align", "text"].map((word) =>
      words.get(word),
    );
    expect(whole).toBeGreaterThan(part);
    expect(part).toBeGreaterThan(keyword);
    expect(keyword).toBeGreaterThan(said);
  });

  test("there are never too many of them", () => {
    const many = Array.from({ length: 10_000 }, (_, at) => `word${at}`);
    const words = wordsOf("a".repeat(214), {
      keywords: many,
      description: many.join(" "),
      maintainers: many,
    });
    expect(words.size).toBeLessThanOrEqual(200);
    expect(Math.max(...[...words.keys()].map((word) => word.length))).toBeLessThanOrEqual(64);
  });
});

describe("a search", () => {
  test.each([
    ["Left Pad", { text: "left pad", terms: ["left", "pad"] }],
    ["author:ada maintainer:Bob x", { terms: ["x"], needed: [["author:ada"], ["maintainer:bob"]] }],
    ["scope:@acme", { scope: "acme", terms: [] }],
    ["keywords:a,b", { needed: [["keyword:a", "keyword:b"]] }],
    ["keywords:a+b", { needed: [["keyword:a"], ["keyword:b"]] }],
    ["keywords:a,-b", { needed: [["keyword:a"]], unwanted: ["keyword:b"] }],
    ["not:unstable boost-exact:false is:insecure", { unstable: false, terms: [] }],
    ["odd:thing :x keywords:", { terms: ["odd:thing", ":x", "keywords:"] }],
  ])("%s is taken apart", (text, expected) => {
    expect(parseSearch(text)).toMatchObject(expected);
  });

  test("is bounded", () => {
    expect(parseSearch("left\0pad keywords:a\0").terms).toEqual(["left", "pad"]);
    const { terms, needed } = parseSearch(`keywords:${"a,".repeat(100_000)} ${"x ".repeat(100_000)}`);
    expect(terms.length).toBeLessThanOrEqual(6);
    expect(needed.flat().length).toBeLessThanOrEqual(20);
  });
});
