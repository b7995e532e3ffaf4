import { describe, expect, test } from "vitest";
import { recogniseLicence } from "./recognise-licence.ts";

const GRANT = `Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction`;
const NOTICE = `The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.`;
const BSD = `Redistribution and use in source and binary forms, with or without
modification, are permitted provided that the following conditions are met:`;
const ENDORSE = `Neither the name of Acme nor the names of its contributors may be used to endorse or
promote products derived from this software without specific prior written permission.`;
const ISC = `Permission to use, copy, modify, and/or distribute this software for any purpose
with or without fee is hereby granted`;
const ISC_NOTICE = `, provided that the above copyright notice and this permission notice appear in all copies.`;
const GNU =
  "as published by the Free Software Foundation, either version 3 of the License, or (at your option) any later version";

describe("recogniseLicence", () => {
  test.each<[string, string[]]>([
    [`MIT License\n\nCopyright (c) 2026 Ada\n\n${GRANT}\n\n${NOTICE}`, ["MIT"]],
    [`${GRANT.replaceAll("\n", "\r\n  * ")}\r\n${NOTICE.toUpperCase()}`, ["MIT"]],
    [GRANT, ["MIT-0"]],
    ["Apache License\n   Version 2.0, January 2004\n http://www.apache.org/licenses/", ["Apache-2.0"]],
    ['Licensed under the Apache License, Version 2.0 (the "License")', ["Apache-2.0"]],
    [BSD, ["BSD-2-Clause"]],
    [`${BSD}\n${ENDORSE}`, ["BSD-3-Clause"]],
    [
      `${BSD} All advertising materials mentioning features or use of this software must ${ENDORSE}`,
      ["BSD-4-Clause"],
    ],
    [ISC + ISC_NOTICE, ["ISC"]],
    [`${ISC}.`, ["0BSD"]],
    ["GNU GENERAL PUBLIC LICENSE\n Version 3, 29 June 2007", ["GPL-3.0-only"]],
    [
      `GNU GENERAL PUBLIC LICENSE\n Version 3, 29 June 2007 … GNU General Public License ${GNU}`,
      ["GPL-3.0-only"],
    ],
    ["GNU GENERAL PUBLIC LICENSE\n Version 2, June 1991", ["GPL-2.0-only"]],
    ["GNU LESSER GENERAL PUBLIC LICENSE\n Version 3, 29 June 2007", ["LGPL-3.0-only"]],
    ["GNU LESSER GENERAL PUBLIC LICENSE\n Version 2.1, February 1999", ["LGPL-2.1-only"]],
    ["GNU AFFERO GENERAL PUBLIC LICENSE\n Version 3, 19 November 2007", ["AGPL-3.0-only"]],
    [`under the terms of the GNU Affero General Public License ${GNU}`, ["AGPL-3.0-or-later"]],
    [`under the terms of the GNU General Public License ${GNU}`, ["GPL-3.0-or-later"]],
    ["Mozilla Public License Version 2.0\n1. Definitions\n Covered Software", ["MPL-2.0"]],
    ["This is free and unencumbered software released into the public domain.", ["Unlicense"]],
    ["PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2", ["PSF-2.0"]],
    ["The Artistic License 2.0", ["Artistic-2.0"]],
    ["Creative Commons Legal Code\n\nCC0 1.0 Universal", ["CC0-1.0"]],
    [`${GRANT} ${NOTICE}\n----\nApache License Version 2.0, January 2004`, ["MIT", "Apache-2.0"]],
    ["All rights reserved.", []],
    ["This is like the MIT license, but not the GNU General Public License version 3.", []],
    ["", []],
  ])("%j", (text, ids) => {
    expect(recogniseLicence(text)).toEqual(ids);
  });

  test("does not look beyond what a licence can be long", () => {
    expect(recogniseLicence(" x".repeat(200_000) + GRANT)).toEqual([]);
  });
});
