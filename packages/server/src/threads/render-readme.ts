import type { IOptions, Tag } from "sanitize-html";
import { readmeOfDocument, webPage } from "@entrepot/core";
import { gunzip } from "./gzip.ts";
import { releaseBytes } from "./release-bytes.ts";
import type { RenderReadmeInput, TaskResult } from "./tasks.ts";

/** Longer ones are cut: what a parser makes of hostile text grows with its length. */
const README_CHARS_MAX = 256 * 1024;
const HTML_CHARS_MAX = 1024 * 1024;
/** Of markdown and of HTML; deeper ones are cut off. */
const NESTING_MAX = 40;
const MARKDOWN_FILE = /^(?:|[^.]*|.*\.(?:md|markdown|mdown|mkd))$/i;
/** Ids of a README must not be those of the page that shows it. */
const ID_PREFIX = "readme-";

const ALLOWED_TAGS = [
  "h1 h2 h3 h4 h5 h6 p div span blockquote pre code kbd samp var ul ol li dl dt dd hr br wbr details summary",
  "table caption thead tbody tfoot tr th td a b strong i em s del ins u small sub sup mark q cite abbr",
].flatMap((tags) => tags.split(" "));
const ALIGNED = ["p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "th", "td"];

/** Makes HTML of a README that a page can show: no script, no style, no image, and no address but those of the web. */
export async function renderReadme(input: RenderReadmeInput): Promise<TaskResult<"renderReadme">> {
  const { readme, readmeFilename } = "document" in input ? readmeIn(input) : input;
  if (readme.trim() === "") return { output: { html: null, fileName: null, isCut: false }, transfer: [] };
  const text = readme.slice(0, README_CHARS_MAX);
  const isMarkdown = MARKDOWN_FILE.test(readmeFilename);
  const html = isMarkdown ? await htmlOfMarkdown(text) : `<pre>${escaped(text)}</pre>`;
  const isCut = readme.length > README_CHARS_MAX || html.length > HTML_CHARS_MAX;
  const output = { html: await sanitized(html.slice(0, HTML_CHARS_MAX)), fileName: readmeFilename, isCut };
  return { output, transfer: [] };
}

function readmeIn(input: Extract<RenderReadmeInput, { document: unknown }>): {
  readme: string;
  readmeFilename: string;
} {
  const { name, document, sizeBytesMax } = input;
  const bytes = gunzip(document, { sizeBytesMax, name });
  const found = readmeOfDocument(bytes, { name, charsMax: README_CHARS_MAX + 1 });
  releaseBytes(bytes);
  return found;
}

// Loaded with the first README: most threads never see one.
async function htmlOfMarkdown(text: string): Promise<string> {
  const { default: markdownIt } = await import("markdown-it");
  const markdown = markdownIt("default", { html: true, linkify: true, maxNesting: NESTING_MAX });
  markdown.core.ruler.push("heading-ids", ({ tokens }) => {
    for (const [at, token] of tokens.entries()) {
      if (token.type !== "heading_open") continue;
      token.attrSet("id", idOf(tokens[at + 1]?.content ?? ""));
    }
  });
  return markdown.render(text);
}

function idOf(heading: string): string {
  const words = heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "");
  return words.trim().replace(/\s+/g, "-").slice(0, 100);
}

async function sanitized(html: string): Promise<string> {
  const { default: sanitizeHtml } = await import("sanitize-html");
  return sanitizeHtml(html, options());
}

function options(): IOptions {
  // Links cannot lie in one another, so that an image inside of one is its text alone.
  let linksOpen = 0;
  return {
    allowedTags: ALLOWED_TAGS,
    allowedAttributes: {
      "a": ["href", "title", "rel"],
      "*": ["id"],
      "ol": ["start"],
      "th": ["colspan", "rowspan"],
      "td": ["colspan", "rowspan"],
      "details": ["open"],
      ...Object.fromEntries(ALIGNED.map((tag) => [tag, ["id", "align", "colspan", "rowspan"]])),
    },
    allowedClasses: { code: [/^language-[\w+#-]{1,30}$/] },
    allowedSchemes: ["http", "https", "mailto"],
    allowProtocolRelative: false,
    disallowedTagsMode: "discard",
    nonTextTags: [
      "script",
      "style",
      "textarea",
      "option",
      "noscript",
      "title",
      "template",
      "svg",
      "math",
      "iframe",
    ],
    nestingLimit: NESTING_MAX,
    parseStyleAttributes: false,
    onOpenTag: (name) => {
      if (name === "a") linksOpen += 1;
    },
    onCloseTag: (name) => {
      if (name === "a") linksOpen -= 1;
    },
    transformTags: {
      "a": (tagName, attributes) => ({ tagName, attribs: linkOf(attributes) }),
      "img": (_tagName, attributes) => imageOf(attributes, linksOpen > 0),
      "*": (tagName, attributes) => ({ tagName, attribs: withOwnId(attributes) }),
    },
  };
}

type Attributes = Record<string, string>;

function linkOf({ href = "", title, id, name }: Attributes): Attributes {
  const target = targetOf(href.trim());
  return {
    ...(target === null ? {} : { href: target, rel: "noopener noreferrer nofollow" }),
    ...(title === undefined ? {} : { title }),
    ...withOwnId(id === undefined && name === undefined ? {} : { id: id ?? name ?? "" }),
  };
}

// What is relative would lead to a page of this server.
function targetOf(href: string): string | null {
  if (href.startsWith("#")) return `#${ID_PREFIX}${idOf(decoded(href.slice(1)))}`;
  return /^mailto:[^\s?]+$/i.test(href) ? href : webPage(href);
}

function imageOf({ src = "", alt = "" }: Attributes, isInLink: boolean): Tag {
  const text = alt.trim();
  const address = webPage(src.trim());
  if (isInLink || address === null) return { tagName: "span", attribs: {}, text };
  const attribs = { href: address, rel: "noopener noreferrer nofollow" };
  return { tagName: "a", attribs, text: text === "" ? address : text };
}

function withOwnId(attributes: Attributes): Attributes {
  const { id, ...rest } = attributes;
  return id === undefined || idOf(id) === "" ? rest : { ...rest, id: `${ID_PREFIX}${idOf(id)}` };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
