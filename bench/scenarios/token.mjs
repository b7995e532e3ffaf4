import { DOCUMENTS, TARBALLS } from "../harness/corpus.mjs";
import { sharedTargets, throughputRow, unavailable } from "./hot-targets.mjs";

const CELLS = {
  "small": DOCUMENTS.small,
  "express-full": DOCUMENTS["express-full"],
  "tarball-5k": TARBALLS["5k"],
};

/** What a credential on each request costs. @type {import("./index.mjs").Scenario} */
export const token = {
  id: "token",
  about: "the same with a token, against the same server asked anonymously",
  usesShared: true,
  unavailable,
  async run(context) {
    const running = (await context.shared()).get("entrepot");
    if (running === undefined) return [];
    const authorization = `Bearer ${await running.login()}`;
    const rows = [];
    for (const [key, cell] of Object.entries(CELLS)) {
      const anonymous = (await sharedTargets(context, cell)).find(({ column }) => column === "entrepot");
      const named = {
        ...anonymous,
        column: "with token",
        headers: { ...anonymous.headers, Authorization: authorization },
      };
      const row = {
        id: `token.${key}`,
        label: `${cell.label}, with token`,
        subject: "with token",
        against: "entrepot",
      };
      rows.push(await throughputRow(context, row, [anonymous, named]));
    }
    return rows;
  },
};
