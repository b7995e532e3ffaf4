import { TARBALLS } from "../harness/corpus.mjs";
import { sharedTargets, throughputRow, unavailable } from "./hot-targets.mjs";

/** Hot tarballs of four sizes. @type {import("./index.mjs").Scenario} */
export const tarballs = {
  id: "tarballs",
  about: "answers/s of hot tarballs of 5 KB, 30 KB, 300 KB and 1 MB",
  usesShared: true,
  unavailable,
  async run(context) {
    const rows = [];
    for (const [key, cell] of Object.entries(TARBALLS)) {
      const targets = await sharedTargets(context, cell);
      rows.push(await throughputRow(context, { id: `tarballs.${key}`, label: cell.label }, targets));
    }
    return rows;
  },
};
