import { baseOf } from "./spdx-expression.ts";

/** How much of a file is looked at: the longest licence has 35 KB, and files hold several. */
const TEXT_LENGTH_MAX = 300_000;

/** Phrases of a licence, as {@link plainText} leaves them: all of one list, and none of the others. */
interface Wording {
  id: string;
  all: readonly string[];
  none?: readonly string[];
}

const BSD = "redistribution and use in source and binary forms with or without modification are permitted";
const ISC = "distribute this software for any purpose with or without fee is hereby granted";
const MIT =
  "permission is hereby granted free of charge to any person obtaining a copy of this software and associated documentation files";
const NOT_ENDORSE = "used to endorse or promote products derived from this software";
const ADVERTISING = "all advertising materials mentioning features or use of this software";

/** Titles with dates come from the licence itself; a mere mention of another licence has none. */
const WORDINGS: readonly Wording[] = [
  { id: "MIT", all: [MIT, "above copyright notice and this permission notice"] },
  { id: "MIT-0", all: [MIT], none: ["this permission notice"] },
  { id: "Apache-2.0", all: ["apache license version 2 0 january 2004"] },
  { id: "Apache-2.0", all: ["licensed under the apache license version 2 0"] },
  { id: "BSD-4-Clause", all: [BSD, ADVERTISING] },
  { id: "BSD-3-Clause", all: [BSD, NOT_ENDORSE], none: [ADVERTISING] },
  { id: "BSD-2-Clause", all: [BSD], none: [NOT_ENDORSE, ADVERTISING] },
  { id: "ISC", all: [ISC, "copyright notice and this permission notice appear in all copies"] },
  { id: "0BSD", all: [ISC], none: ["this permission notice appear in all copies"] },
  { id: "GPL-3.0-only", all: ["gnu general public license version 3 29 june 2007"] },
  { id: "GPL-2.0-only", all: ["gnu general public license version 2 june 1991"] },
  { id: "LGPL-3.0-only", all: ["gnu lesser general public license version 3 29 june 2007"] },
  { id: "LGPL-2.1-only", all: ["gnu lesser general public license version 2 1 february 1999"] },
  { id: "AGPL-3.0-only", all: ["gnu affero general public license version 3 19 november 2007"] },
  ...gnuNotice("GPL-3.0-or-later", "gnu general public license", "3"),
  ...gnuNotice("GPL-2.0-or-later", "gnu general public license", "2"),
  ...gnuNotice("LGPL-3.0-or-later", "gnu lesser general public license", "3"),
  ...gnuNotice("LGPL-2.1-or-later", "gnu lesser general public license", "2 1"),
  ...gnuNotice("AGPL-3.0-or-later", "gnu affero general public license", "3"),
  { id: "MPL-2.0", all: ["mozilla public license version 2 0", "covered software"] },
  { id: "MPL-2.0", all: ["subject to the terms of the mozilla public license v 2 0"] },
  { id: "Unlicense", all: ["this is free and unencumbered software released into the public domain"] },
  { id: "CC0-1.0", all: ["cc0 1 0 universal"] },
  { id: "BlueOak-1.0.0", all: ["blue oak model license"] },
  { id: "PSF-2.0", all: ["python software foundation license version 2"] },
  { id: "Artistic-2.0", all: ["the artistic license 2 0"] },
  { id: "WTFPL", all: ["do what the fuck you want to public license"] },
];

/**
 * Tells which licences a text holds, by wordings that no other licence has: `MIT`, `Apache-2.0`, BSD, ISC, the
 * GNU licences, `MPL-2.0` and some more. Several where a file holds several, none where it knows none.
 *
 * @example recogniseLicence(await readFile("LICENSE", "utf8")) // ["MIT"]
 */
export function recogniseLicence(text: string): string[] {
  const plain = plainText(text.slice(0, TEXT_LENGTH_MAX));
  const found = new Map<string, string>();
  for (const { id, all, none = [] } of WORDINGS) {
    if (found.has(baseOf(id)) || !all.every((phrase) => plain.includes(phrase))) continue;
    if (!none.some((phrase) => plain.includes(phrase))) found.set(baseOf(id), id);
  }
  return [...found.values()];
}

function gnuNotice(id: string, name: string, version: string): Wording[] {
  const published = `${name} as published by the free software foundation either version ${version}`;
  return [{ id, all: [`${published} of the license or at your option any later version`] }];
}

/** Lower case, words and numbers only, one space between them. */
function plainText(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/gu, " ")
    .trim();
}
