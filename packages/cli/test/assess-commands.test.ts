import { describe, expect, it } from "vitest";
import { useCommandLine } from "./command-line.ts";

const { run, serve } = useCommandLine();
const world = { env: { ENTREPOT_TOKEN: "t" } };

describe("assessments", () => {
  it("says what was assessed, as what and until when", async () => {
    const server = await serve({
      "PUT /registries/team/assessments/CVE-1": { body: { expiresAt: "2027-03-31T00:00:00.000Z" } },
    });
    const command = "assess CVE-1 --as monitor --comment unused --registry team --until 2027-03-31";
    expect(await run(command, world)).toEqual({
      code: 0,
      out: "CVE-1 is assessed as monitor until 2027-03-31T00:00:00.000Z.\n",
      err: "",
    });
    expect(server.seen.map(({ body }) => body)).toEqual([
      { type: "monitor", comment: "unused", until: "2027-03-31T00:00:00.000Z" },
    ]);
  });

  it.each([
    ["assess CVE-1 --comment x", "--as monitor"],
    ["assess CVE-1 --as monitor", "--comment"],
    ["assess CVE-1 --as monitor --comment x --until soon", "no time"],
    ["assessments set-type mine --days some", "no number of days"],
    ["advisories risk --scores 1,2", "least scores"],
    ["advisories risk --automatic 6=monitor", "a category and a type"],
  ])("refuses %s", async (command, text) => {
    await serve({ "GET /risk-profile": { body: {} } });
    const { code, err } = await run(command, world);
    expect([code, err]).toEqual([2, expect.stringContaining(text)]);
  });

  it("changes only what is said of the risk profile", async () => {
    const before = { scores: [2, 4, 7, 9], epssRaise: 0.95, exploitedLeast: 5, unknownAs: "high" };
    const server = await serve({
      "GET /risk-profile": { body: before },
      "PUT /risk-profile": { body: before },
    });
    await run(
      "advisories risk --scores 1,3,5,8 --epss-raise never --automatic 1=monitor --automatic 5=contain",
      world,
    );
    expect(server.seen.at(-1)?.body).toEqual({
      ...before,
      scores: [1, 3, 5, 8],
      epssRaise: null,
      automatic: { 1: "monitor", 5: "contain" },
    });
  });

  it("shows the risk of an advisory with its reasons", async () => {
    const risk = { category: 4, reasons: ["Its CVSS score is 7.5: category 4."] };
    await serve({ "GET /advisories/CVE-1": { body: { items: [{ id: "CVE-1", risk, packages: [] }] } } });
    const { out } = await run("advisories show CVE-1", world);
    expect(out).toMatch(/risk\s+4\n/i);
    expect(out).toContain("Its CVSS score is 7.5: category 4.");
  });
});
