import type { IconName } from "../../components/icon.tsx";

/** Something of the firewall that was found. */
export interface FirewallHit {
  title: string;
  about: string;
  kind: "page" | "advisory";
  icon: IconName;
  href: string;
}

const ADVISORY_ID = /^(?:ghsa|cve|mal|own)-\S+$/i;

function advisoryHits(text: string): FirewallHit[] {
  if (!ADVISORY_ID.test(text)) return [];
  const id = text.replace(/^[a-z]+/i, (feed) => feed.toUpperCase());
  const href = `/firewall/advisories?text=${encodeURIComponent(id)}`;
  return [{ title: id, about: "Look this advisory up", kind: "advisory", icon: "shield", href }];
}

const FIREWALL_PAGES: ReadonlyArray<readonly [title: string, about: string, path: string]> = [
  ["Explain", "Why a client gets a version, or none", "explain"],
  ["Holds and issues", "What waits for somebody to decide", "issues"],
  ["Requests and exceptions", "What passes although a rule is against it", "exceptions"],
  ["Exposure", "Who fetched bad versions", "exposure"],
  ["Advisories", "Vulnerabilities and malware, and the feeds they come from", "advisories"],
  ["Decisions", "What was served and refused", "decisions"],
];

/** The firewall's pages whose name holds a text, and the advisory whose id it is. */
export function firewallHits(text: string): FirewallHit[] {
  if (text === "") return [];
  return [...advisoryHits(text), ...pageHits(text.toLowerCase())];
}

function pageHits(wanted: string): FirewallHit[] {
  return FIREWALL_PAGES.filter(([title, about]) => `${title} ${about}`.toLowerCase().includes(wanted)).map(
    ([title, about, path]) => ({ title, about, kind: "page", icon: "shield", href: `/firewall/${path}` }),
  );
}
