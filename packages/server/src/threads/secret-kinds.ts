/** A kind of secret, and how it is told from what only looks like one. */
export interface SecretKind {
  /** With its article, to complete "has …": `an npm token`. */
  kind: string;
  /** What every such secret begins with. Looked for in bytes first, which costs next to nothing. */
  markers: readonly string[];
  /** Files in which it counts, by their last name; all when left out. */
  fileName?: RegExp;
  /** Tells whether a secret begins a text whose first characters are a marker. */
  isSecret(text: string): boolean;
}

const PRIVATE_KEY = /^-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----([\s\S]*?)(?:-----END |$)/;
/** Lines such as `Proc-Type: 4,ENCRYPTED` before the key, and what source code puts between its lines. */
const KEY_HEADERS = /(?:^|\n)[A-Za-z-]{3,20}: [^\n]*/g;
const LINE_ENDS = /\\r|\\n|\r/g;
const BETWEEN_LINES = /[\s"'`,\\]+(?:\+[\s"'`]+)?/;
/** The shortest there are hold 32 bytes and their frame. */
const KEY_CHARS_MIN = 60;
/** What is shorter is a word of a sentence. */
const KEY_LINE = /^[A-Za-z0-9+/=]{32,}/;

/** Words and rows that are in examples, and as good as never in what is random. */
const PLACEHOLDER =
  /example|placeholder|your|dummy|fake|redacted|changeme|x{5}|0{6}|\.{3}|…|\*{3}|12345678|abcdefg/i;
const DISTINCT_CHARS_MIN = 8;

/** Tells what stands for a secret in a text from what can be one. */
function isRandom(text: string): boolean {
  return new Set(text).size >= DISTINCT_CHARS_MIN && !PLACEHOLDER.test(text);
}

/** A token of fixed form; the expression's first group, or the whole, is what has to be random. */
function token(kind: string, markers: readonly string[], form: RegExp): SecretKind {
  return {
    kind,
    markers,
    isSecret(text) {
      const found = form.exec(text);
      return found !== null && isRandom(found[1] ?? found[0]);
    },
  };
}

/** A setting in a file that package managers read; what the environment gives is no secret. */
function setting(fileName: RegExp, markers: readonly string[], form: RegExp): SecretKind {
  return {
    kind: "a registry's credentials",
    markers,
    fileName,
    isSecret(text) {
      const value = form.exec(text)?.[1];
      return value !== undefined && !value.includes("${") && !value.startsWith("$") && isCredential(value);
    },
  };
}

function isCredential(value: string): boolean {
  return value.length >= 6 && new Set(value).size >= 4 && !value.startsWith("<") && !PLACEHOLDER.test(value);
}

function isPrivateKey(text: string): boolean {
  const inside = PRIVATE_KEY.exec(text)?.[1];
  if (inside === undefined) return false;
  const body = inside.replace(LINE_ENDS, "\n").replace(KEY_HEADERS, "\n");
  const lines = body.split(BETWEEN_LINES).filter((line) => line !== "");
  const end = lines.findIndex((line) => !KEY_LINE.test(line));
  const key = lines.slice(0, end === -1 ? lines.length : end + 1).join("");
  return key.length >= KEY_CHARS_MIN && KEY_LINE.test(key) && isRandom(key.slice(0, KEY_CHARS_MIN));
}

/** What is looked for in what is published. */
export const SECRET_KINDS: readonly SecretKind[] = [
  { kind: "a private key", markers: ["-----BEGIN "], isSecret: isPrivateKey },
  token("an npm token", ["npm_"], /^npm_([A-Za-z0-9]{36})(?![A-Za-z0-9_])/),
  token(
    "a GitHub token",
    ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
    /^gh[pousr]_([A-Za-z0-9]{36,255})(?![A-Za-z0-9_])/,
  ),
  token("a GitHub token", ["github_pat_"], /^github_pat_([A-Za-z0-9]{22}_[A-Za-z0-9]{59})(?![A-Za-z0-9_])/),
  token("a GitLab token", ["glpat-", "gldt-", "glrt-", "glptt-"], /^gl(?:pat|dt|rt|ptt)-([\w-]{20,})/),
  token("an AWS key", ["AKIA", "ASIA"], /^A[KS]IA([A-Z0-9]{16})(?![A-Za-z0-9_+/=])/),
  token(
    "an AWS key",
    ["aws_secret_access_key", "AWS_SECRET_ACCESS_KEY", "secretAccessKey"],
    /^\w+["']?\s{0,8}[:=]\s{0,8}["'`]?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/,
  ),
  token("a Slack token", ["xox"], /^xox[abeoprs]-(?:[0-9]{8,}-){1,3}([A-Za-z0-9]{16,})(?![\w-])/),
  token(
    "a Slack webhook",
    ["hooks.slack.com/services/"],
    /^hooks\.slack\.com\/services\/T\w{6,}\/B\w{6,}\/(\w{20,})/,
  ),
  token("a Stripe key", ["sk_live_", "rk_live_"], /^[rs]k_live_([A-Za-z0-9]{16,})/),
  token("a Google key", ["AIza"], /^AIza([\w-]{35})(?![\w-])/),
  token("a Google key", ["GOCSPX-"], /^GOCSPX-([\w-]{28})(?![\w-])/),
  setting(
    /^\.?npmrc$/,
    ["_authToken", "_auth", "_password"],
    /^_(?:authToken|auth|password)[ \t]*=[ \t]*["']?([^\s"']+)/,
  ),
  setting(
    /^\.yarnrc\.yml$/,
    ["npmAuthToken", "npmAuthIdent"],
    /^npmAuth(?:Token|Ident):[ \t]*["']?([^\s"']+)/,
  ),
];
