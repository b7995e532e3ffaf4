import { DOCUMENTS } from "../harness/corpus.mjs";
import { sharedTargets, throughputRow, unavailable } from "./hot-targets.mjs";

/** Hot documents of three sizes, and 304. @type {import("./index.mjs").Scenario} */
export const packuments = {
  id: "packuments",
  about: "answers/s of hot documents: small, express-sized in both forms, typescript-sized, and 304",
  usesShared: true,
  unavailable,
  async run(context) {
    const rows = [];
    for (const [key, cell] of Object.entries(DOCUMENTS)) {
      const targets = await sharedTargets(context, cell);
      rows.push(await throughputRow(context, { id: `packuments.${key}`, label: cell.label }, targets));
    }
    const targets = await sharedTargets(context, DOCUMENTS.small, true);
    rows.push(
      await throughputRow(context, { id: "packuments.not-modified", label: "304, small document" }, targets),
    );
    return rows;
  },
};
