import type { PackageCardsAnswer, PageAnswer, Permission, RegistryAnswer } from "@entrepot/core";
import { api } from "../api/client.ts";
import type { IconName } from "../components/icon.tsx";
import { firewallHits, type FirewallHit } from "../pages/firewall/firewall-hits.ts";
import { peopleHits, type PeopleHit } from "../pages/people/people-hits.ts";
import { AREAS } from "./areas.ts";

/** Something that was found. */
export interface Hit {
  title: string;
  about: string;
  kind: "page" | "registry" | "package" | PeopleHit["kind"] | FirewallHit["kind"];
  icon: IconName;
  href: string;
}

const REGISTRIES_MAX = 200;
const SHOWN_MAX = 8;

/** Finds pages, registries, people and packages by a text. */
export async function search(
  text: string,
  { may, signal }: { may: readonly Permission[]; signal: AbortSignal },
): Promise<Hit[]> {
  const wanted = text.toLowerCase();
  const query = { limit: REGISTRIES_MAX };
  const [{ items }, packages, people] = await Promise.all([
    api.call<PageAnswer<RegistryAnswer>>("/registries", { query, signal }),
    wanted === "" ? [] : packageHits(wanted, signal),
    peopleHits(wanted, { may, signal }),
  ]);
  return [
    ...pageHits(wanted),
    ...registryHits(items, wanted),
    ...people,
    ...packages,
    ...firewallHits(text.trim()),
  ];
}

function pageHits(wanted: string): Hit[] {
  return AREAS.filter(({ title, about }) => `${title} ${about}`.toLowerCase().includes(wanted)).map(
    ({ title, about, icon, to }) => ({ title, about, kind: "page", icon, href: to }),
  );
}

function registryHits(registries: readonly RegistryAnswer[], wanted: string): Hit[] {
  return registries
    .filter(({ name, description }) => `${name} ${description}`.toLowerCase().includes(wanted))
    .slice(0, SHOWN_MAX)
    .map(({ name, description }) => ({
      title: name,
      about: description,
      kind: "registry",
      icon: "registry",
      href: `/registries/${encodeURIComponent(name)}`,
    }));
}

async function packageHits(wanted: string, signal: AbortSignal): Promise<Hit[]> {
  const query = { query: wanted, limit: SHOWN_MAX };
  const { items } = await api.call<PackageCardsAnswer>("/packages", { query, signal });
  return items.map(({ name, registry, description }) => ({
    title: name,
    about: description === null || description === "" ? `in ${registry}` : `in ${registry}: ${description}`,
    kind: "package",
    icon: "package",
    href: `/packages/${encodeURIComponent(registry)}/${encodeURIComponent(name)}`,
  }));
}
