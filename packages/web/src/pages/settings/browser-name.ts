/** What browsers put into their names, the more particular before what it is made from. */
const BROWSERS: ReadonlyArray<readonly [pattern: RegExp, name: string]> = [
  [/\bEdg(?:e|A|iOS)?\/(\d+)/, "Edge"],
  [/\bOPR\/(\d+)/, "Opera"],
  [/\b(?:Firefox|FxiOS)\/(\d+)/, "Firefox"],
  [/\b(?:HeadlessChrome|Chrome|CriOS)\/(\d+)/, "Chrome"],
  [/\bVersion\/(\d+)[\d.]* .*\bSafari\//, "Safari"],
];
const SYSTEMS: ReadonlyArray<readonly [pattern: RegExp, name: string]> = [
  [/\bAndroid\b/, "Android"],
  [/\b(?:iPhone|iPad)\b/, "iOS"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b/, "macOS"],
  [/\bLinux\b/, "Linux"],
];
const CHARS_MAX = 60;

/** Says in a few words which browser calls itself this; what no browser says is shown as it is, cut short. */
export function browserName(client: string | null): string {
  if (client === null || client === "") return "Unnamed";
  const browser = BROWSERS.find(([pattern]) => pattern.test(client));
  if (browser === undefined) return client.slice(0, CHARS_MAX);
  const system = SYSTEMS.find(([pattern]) => pattern.test(client))?.[1];
  const version = browser[0].exec(client)?.[1] ?? "";
  return `${browser[1]} ${version}${system === undefined ? "" : ` on ${system}`}`;
}
