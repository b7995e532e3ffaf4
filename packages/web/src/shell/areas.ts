import type { IconName } from "../components/icon.tsx";

/** A part of the console that the navigation leads to. */
export interface Area {
  title: string;
  to: "/" | "/registries" | "/packages" | "/firewall" | "/people" | "/settings";
  icon: IconName;
  /** What is found there, for the search. */
  about: string;
}

/** The navigation, from top to bottom. An area is here as soon as its pages work, and not before. */
export const AREAS: readonly Area[] = [
  { title: "Overview", to: "/", icon: "home", about: "What is here, and how it does" },
  { title: "Packages", to: "/packages", icon: "package", about: "Search, browse and look after packages" },
  { title: "Registries", to: "/registries", icon: "registry", about: "Endpoints, upstreams and set-up" },
  { title: "Firewall", to: "/firewall", icon: "shield", about: "Rules, holds, exceptions and advisories" },
  { title: "People", to: "/people", icon: "people", about: "Users, teams, permissions, audit trail" },
  { title: "Settings", to: "/settings", icon: "gear", about: "Theme, sessions, tokens, jobs" },
];
