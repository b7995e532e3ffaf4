import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { shellRoute } from "../../app/shell-route.ts";
import { ORDERS, ORIGINS, packageQuery, type PackageFilter } from "./package-queries.ts";

type Search = Record<string, unknown>;

function textIn(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

const listRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/packages",
  staticData: { title: "Packages" },
  validateSearch: ({ registry, text, origin, sort }: Search): PackageFilter => ({
    registry: textIn(registry),
    text: textIn(text),
    origin: ORIGINS.find((one) => one === origin),
    sort: ORDERS.find((one) => one === sort),
  }),
  component: lazyRouteComponent(() => import("./packages-page.tsx"), "PackagesPage"),
});

const packageRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/packages/$registry/$package",
  staticData: { title: (params) => params["package"] ?? "" },
  validateSearch: ({ version }: Search): { version?: string | undefined } => ({ version: textIn(version) }),
  loader: ({ context, params }) =>
    void context.queries.prefetchQuery(packageQuery({ registry: params.registry, name: params.package })),
  component: lazyRouteComponent(() => import("./package-page.tsx"), "PackagePage"),
});

const readmeRoute = createRoute({
  getParentRoute: () => packageRoute,
  path: "/",
  component: lazyRouteComponent(() => import("./readme-tab.tsx"), "ReadmeTab"),
});

const versionsRoute = createRoute({
  getParentRoute: () => packageRoute,
  path: "/versions",
  staticData: { title: "Versions" },
  component: lazyRouteComponent(() => import("./versions-tab.tsx"), "VersionsTab"),
});

const dependenciesRoute = createRoute({
  getParentRoute: () => packageRoute,
  path: "/dependencies",
  staticData: { title: "Dependencies" },
  component: lazyRouteComponent(() => import("./dependencies-tab.tsx"), "DependenciesTab"),
});

const filesRoute = createRoute({
  getParentRoute: () => packageRoute,
  path: "/files",
  staticData: { title: "Files" },
  validateSearch: ({ path }: Search): { path?: string | undefined } => ({ path: textIn(path) }),
  component: lazyRouteComponent(() => import("./files-tab.tsx"), "FilesTab"),
});

const compareRoute = createRoute({
  getParentRoute: () => packageRoute,
  path: "/compare",
  staticData: { title: "Compare" },
  validateSearch: ({ from }: Search): { from?: string | undefined } => ({ from: textIn(from) }),
  component: lazyRouteComponent(() => import("./compare-tab.tsx"), "CompareTab"),
});

const manageRoute = createRoute({
  getParentRoute: () => packageRoute,
  path: "/manage",
  staticData: { title: "Manage" },
  component: lazyRouteComponent(() => import("./manage-tab.tsx"), "ManageTab"),
});

const uploadRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/packages/upload",
  staticData: { title: "Upload a package" },
  validateSearch: ({ registry }: Search): { registry?: string | undefined } => ({
    registry: textIn(registry),
  }),
  component: lazyRouteComponent(() => import("./upload-page.tsx"), "UploadPage"),
});

/** Packages. */
export const packageRoutes = [
  listRoute,
  uploadRoute,
  packageRoute.addChildren([
    readmeRoute,
    versionsRoute,
    dependenciesRoute,
    filesRoute,
    compareRoute,
    manageRoute,
  ]),
] as const;
