import { describe, expect, test } from "vitest";
import { declaredLicence } from "./declared-licence.ts";
import { judgeLicence } from "./judge-licence.ts";
import { licencePicture } from "./licence-picture.ts";

describe("declaredLicence", () => {
  test.each<[unknown, string]>([
    ["MIT", "MIT"],
    [" MIT ", "MIT"],
    ["(GPL-3.0 OR MIT)", "(GPL-3.0 OR MIT)"],
    ["GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"],
    ["LicenseRef-acme", "LicenseRef-acme"],
    ["mit", "MIT"],
    ["The MIT License", "MIT"],
    ["MIT-LICENSE", "MIT"],
    ["MIT/X11", "(MIT) OR (X11)"],
    ["Apache 2", "Apache-2.0"],
    ["Apache2", "Apache-2.0"],
    ["Apache License, Version 2.0", "Apache-2.0"],
    ["BSD", "BSD-2-Clause"],
    ["New BSD", "BSD-3-Clause"],
    ["3-Clause BSD", "BSD-3-Clause"],
    ['BSD 2-Clause "Simplified" License', "BSD-2-Clause"],
    ["ISC License", "ISC"],
    ["GPLv3", "GPL-3.0"],
    ["GPL v2", "GPL-2.0"],
    ["GNU General Public License v3", "GPL-3.0"],
    ["LGPL-3.0+", "LGPL-3.0+"],
    ["Mozilla Public License 2.0", "MPL-2.0"],
    ["CC0", "CC0-1.0"],
    ["Unlicense", "Unlicense"],
    ["MIT, Apache-2.0", "(MIT) AND (Apache-2.0)"],
    ["MIT and BSD", "(MIT) AND (BSD-2-Clause)"],
    ["(MIT OR Apache 2)", "(MIT) OR (Apache-2.0)"],
    ["https://opensource.org/licenses/MIT", "MIT"],
    ["http://www.opensource.org/licenses/mit-license.php", "MIT"],
    ["http://www.apache.org/licenses/LICENSE-2.0.txt", "Apache-2.0"],
    ["https://www.gnu.org/licenses/gpl-3.0.html", "GPL-3.0"],
    [{ type: "MIT", url: "https://example.test" }, "MIT"],
    [{ url: "https://opensource.org/licenses/ISC" }, "ISC"],
    [[{ type: "MIT" }, { type: "GPL-2.0" }], "(MIT) OR (GPL-2.0)"],
    [["MIT", "MIT"], "MIT"],
    [["MIT", "whatever"], "MIT"],
  ])("%j is %s", (value, spdx) => {
    expect(declaredLicence(value)).toMatchObject({ kind: "expression", spdx });
  });

  test.each<[unknown, string]>([
    ["SEE LICENSE IN LICENSE.md", "file"],
    ["see licence in x", "file"],
    ["LICENSE", "file"],
    ["LICENSE.txt", "file"],
    ["UNLICENSED", "unlicensed"],
    ["unlicensed", "unlicensed"],
    ["Proprietary", "unlicensed"],
    [null, "missing"],
    [undefined, "missing"],
    ["", "missing"],
    [{}, "missing"],
    [[], "missing"],
    [7, "missing"],
    ["Limited use", "unknown"],
    ["PERMIT ONLY COMMERCIAL", "unknown"],
    ["Not GPL", "unknown"],
    ["modified MIT", "unknown"],
    ["public domain", "unknown"],
    ["https://example.test/terms", "unknown"],
    ["MIT or Apache and BSD", "unknown"],
    [`${"(".repeat(900)}MIT`, "unknown"],
    ["M".repeat(100_000), "unknown"],
    [["nobody knows"], "unknown"],
    [[[["MIT"]]], "unknown"],
  ])("%j is %s", (value, kind) => {
    expect(declaredLicence(value)).toMatchObject({ kind, spdx: null, ids: [] });
  });

  test("names every licence once, and keeps what was said", () => {
    expect(declaredLicence("MIT OR (ISC AND MIT)")).toEqual({
      kind: "expression",
      spdx: "MIT OR (ISC AND MIT)",
      ids: ["MIT", "ISC"],
      raw: "MIT OR (ISC AND MIT)",
    });
    expect(declaredLicence("x".repeat(500)).raw?.length).toBe(201);
  });
});

describe("judgeLicence", () => {
  const osi = ["MIT", "ISC", "Apache-2.0", "BSD-3-Clause"];

  test.each<[string, [readonly string[], readonly string[]], boolean]>([
    ["MIT", [[], []], true],
    ["MIT", [osi, []], true],
    ["GPL-3.0", [osi, []], false],
    ["GPL-3.0 OR MIT", [osi, []], true],
    ["GPL-3.0 AND MIT", [osi, []], false],
    ["(MIT OR GPL-2.0) AND (ISC OR LGPL-2.1)", [osi, []], true],
    ["(MIT OR GPL-2.0) AND (LGPL-3.0 OR LGPL-2.1)", [osi, []], false],
    ["GPL-3.0-only OR MIT", [[], ["GPL-3.0-only"]], true],
    ["GPL-3.0", [[], ["GPL-3.0-only"]], false],
    ["GPL-3.0-or-later", [[], ["GPL-3.0"]], false],
    ["GPL-3.0+", [[], ["GPL-3.0"]], false],
    ["GPL-2.0-or-later", [[], ["GPL-3.0"]], true],
    ["GPL-3.0-only", [[], ["GPL-2.0-or-later"]], false],
    ["GPL-3.0-or-later", [[], ["GPL-2.0-or-later"]], false],
    ["LGPL-3.0", [[], ["GPL-3.0"]], true],
    ["GPL-2.0-or-later", [["GPL-3.0"], []], true],
    ["GPL-2.0-only", [["GPL-3.0"], []], false],
    ["GPL-2.0 WITH Classpath-exception-2.0", [[], ["GPL-2.0"]], false],
    ["GPL-2.0 WITH Classpath-exception-2.0", [["GPL-2.0 WITH Classpath-exception-2.0"], ["GPL-2.0"]], true],
    ["GPL-2.0 WITH Classpath-exception-2.0", [["GPL-2.0"], []], true],
    ["GPL-2.0", [[], ["GPL-2.0 WITH Classpath-exception-2.0"]], true],
    ["LicenseRef-acme", [["LicenseRef-acme"], []], true],
    ["LicenseRef-acme", [osi, []], false],
    ["MIT", [["MIT"], ["MIT"]], false],
    ["nonsense", [[], []], false],
  ])("%s with %j: %s", (spdx, [allowed, denied], isAcceptable) => {
    const judged = judgeLicence(spdx, { allowed, denied });
    expect(judged.isAcceptable).toBe(isAcceptable);
    expect(judged.against.length > 0).toBe(!isAcceptable);
  });

  test("does not multiply out what has many choices", () => {
    const spdx = Array.from({ length: 35 }, () => "(GPL-2.0 OR ISC)").join(" AND ");
    expect(judgeLicence(spdx, { allowed: ["ISC"], denied: [] }).isAcceptable).toBe(true);
  });
});

describe("licencePicture", () => {
  test.each<[unknown, readonly string[], { spdx: string | null; isContradicted: boolean }]>([
    ["MIT", ["MIT"], { spdx: "MIT", isContradicted: false }],
    ["MIT", [], { spdx: "MIT", isContradicted: false }],
    ["MIT", ["GPL-3.0-only"], { spdx: "MIT", isContradicted: true }],
    ["MIT", ["Apache-2.0", "MIT"], { spdx: "MIT", isContradicted: false }],
    ["GPL-3.0-or-later", ["GPL-3.0-only"], { spdx: "GPL-3.0-or-later", isContradicted: false }],
    [
      "GPL-2.0 WITH Classpath-exception-2.0",
      ["GPL-2.0-only"],
      { spdx: "GPL-2.0 WITH Classpath-exception-2.0", isContradicted: false },
    ],
    [null, ["MIT"], { spdx: "MIT", isContradicted: false }],
    [null, [], { spdx: null, isContradicted: false }],
    ["SEE LICENSE IN x", ["MIT", "ISC"], { spdx: "MIT AND ISC", isContradicted: false }],
    ["UNLICENSED", ["MIT"], { spdx: null, isContradicted: false }],
  ])("%j with files of %j", (declared, observed, expected) => {
    expect(licencePicture(declared, observed)).toMatchObject(expected);
  });
});
