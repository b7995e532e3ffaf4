/** What the demo's world is made of: names, texts, and chance that falls the same way each time. */

/** People with a password who do things, and what they work on. */
export const DEVELOPERS = ["amara", "bjorn", "chen", "dalia", "emeka", "freya", "goran", "hana"];

/** People who are there. The role is developer where none is said. */
export const OTHERS = [
  ["ines", "admin"],
  ["jakub", "admin"],
  ["kavya"],
  ["lucia"],
  ["mateo"],
  ["nadia"],
  ["oskar"],
  ["priya"],
  ["quentin", "read-only"],
  ["rosa"],
  ["sven"],
  ["tariq"],
  ["uma", "read-only"],
  ["viktor"],
  ["wanjiru"],
  ["xenia"],
  ["yusuf"],
  ["zofia", "read-only"],
];

/** Organizations, their teams, and who is in these. */
export const ORGANIZATIONS = {
  acme: {
    design: ["amara", "kavya", "lucia"],
    web: ["amara", "bjorn", "chen", "mateo", "nadia"],
    payments: ["dalia", "emeka", "oskar", "priya"],
  },
  harbour: { logistics: ["freya", "goran", "rosa", "sven"], platform: ["hana", "jakub", "tariq"] },
};

const FIRST =
  "tiny fast deep safe flat lazy pure stream event path glob json yaml http url date color hash retry queue";
const SECOND =
  "merge clone parse cache match emitter utils logger router client format walk pool diff schema";
const OWN =
  "ui-button ui-table ui-dialog design-tokens icons api-client auth billing ledger invoices feature-flags telemetry i18n forms charts " +
  "routing test-helpers eslint-rules tsconfig build-tools date-range money address-book uploads notifications search-box";
const ORGANIZATION_NAMES = Object.keys(ORGANIZATIONS);

/** Names of upstream packages, in no order that is seen. */
export function upstreamNames(chance) {
  const all = FIRST.split(" ").flatMap((first) => SECOND.split(" ").map((second) => `${first}-${second}`));
  return shuffled(chance, all);
}

/** Names of packages of one's own. */
export function ownNames() {
  return OWN.split(" ").map((name, at) => `@${ORGANIZATION_NAMES[at % ORGANIZATION_NAMES.length]}/${name}`);
}

// One in twenty-three has a licence that the demo's rules refuse.
const LICENCES = [
  ...Array(14).fill("MIT"),
  ...Array(4).fill("ISC"),
  "Apache-2.0",
  "Apache-2.0",
  "BSD-3-Clause",
  "0BSD",
  "AGPL-3.0-only",
];

/** A package's contents; `dependencies` are names with ranges. */
export function packageInput(chance, { name, version, dependencies = {} }) {
  const word = name.replace(/^@[^/]+\//, "");
  const description = `${word.replaceAll("-", " ")} for those who would rather not write it again`;
  // About one in twelve runs a script, as in the world outside.
  const scripts = chance() < 0.08 ? { scripts: { postinstall: "node setup.js" } } : {};
  return {
    name,
    version,
    manifest: {
      description,
      license: LICENCES[hashOf(name) % LICENCES.length],
      keywords: word.split("-"),
      main: "index.js",
      repository: { type: "git", url: `git+https://git.example/${name.replace("@", "")}.git` },
      dependencies,
      ...scripts,
    },
    files: {
      "README.md": readmeOf(name, description),
      "index.js": `module.exports = function ${word.replaceAll("-", "_")}(input) {\n  return input; // ${version}\n};\n`,
      "setup.js": "// nothing to set up\n",
    },
  };
}

/** A readme as packages have them. */
export function readmeOf(name, description) {
  return [
    `# ${name}`,
    `${description[0]?.toUpperCase()}${description.slice(1)}.`,
    "## Install",
    `\`\`\`sh\nnpm install ${name}\n\`\`\``,
    "## Use",
    `\`\`\`js\nconst it = require("${name}");\n\nconsole.log(it("hello"));\n\`\`\``,
    "| option | default | what it does |\n| --- | --- | --- |\n| `strict` | `true` | refuses what it does not know |",
  ].join("\n\n");
}

function hashOf(text) {
  return [...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7);
}

/** Numbers from 0 to 1 that are the same for the same seed. */
export function chanceOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One of a list. */
export function oneOf(chance, list) {
  return list[Math.floor(chance() * list.length)];
}

function shuffled(chance, list) {
  return list
    .map((item) => ({ item, at: chance() }))
    .sort((left, right) => left.at - right.at)
    .map(({ item }) => item);
}
