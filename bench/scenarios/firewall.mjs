import { acceptOf, DOCUMENTS, TARBALLS } from "../harness/corpus.mjs";
import { sharedTargets, throughputRow, unavailable } from "./hot-targets.mjs";

const CELLS = { ...DOCUMENTS, "tarball-5k": TARBALLS["5k"] };

/** What hidden versions cost, once the view is made. @type {import("./index.mjs").Scenario} */
export const firewall = {
  id: "firewall",
  about: "the same with versions of this and of other packages blocked, against a server without",
  usesShared: true,
  unavailable,
  async run(context) {
    if (!(await context.shared()).has("entrepot")) return [];
    const blocked = await context.firewalled();
    if (blocked === null) throw new Error("no version could be blocked");
    const rows = [];
    for (const [key, cell] of Object.entries(CELLS)) {
      const open = (await sharedTargets(context, cell)).find(({ column }) => column === "entrepot");
      const filtered = {
        column: "firewall on",
        url: `${blocked.url}${cell.path}`,
        headers: { Accept: acceptOf(cell.form) },
        pid: blocked.pid,
      };
      const row = {
        id: `firewall.${key}`,
        label: `${cell.label}, firewall on`,
        subject: "firewall on",
        against: "entrepot",
      };
      rows.push(await throughputRow(context, row, [open, filtered]));
    }
    return rows;
  },
};
