import type {
  AdvisoryAnswer,
  AdvisoryStatusAnswer,
  AssessmentAnswer,
  AssessmentTypeAnswer,
  FoundAdvisoryAnswer,
  PackageAdvisoryAnswer,
  PageAnswer,
} from "@entrepot/core";
import { queryOptions } from "@tanstack/react-query";
import { api } from "../../api/client.ts";
import { Problem } from "../../api/problem.ts";
import { FIREWALL } from "./firewall-queries.ts";

const ADVISORY_ID = /^[A-Z][A-Z0-9]*-\S+$/;

/** How current the knowledge is. */
export const advisoryStatusQuery = () =>
  queryOptions({
    queryKey: [FIREWALL, "advisory-status"],
    queryFn: ({ signal }) => api.call<AdvisoryStatusAnswer>("/advisories/status", { signal }),
  });

/** Advisories with an id, or about a package, or about one version of it. */
export const advisorySearchQuery = (text: string) =>
  queryOptions({
    queryKey: [FIREWALL, "advisories", text],
    queryFn: async ({ signal }): Promise<AdvisoryAnswer[]> =>
      ADVISORY_ID.test(text) ? await withId(text, signal) : await aboutPackage(text, signal),
  });

// That there is none is an answer, not a failure.
async function withId(id: string, signal: AbortSignal): Promise<AdvisoryAnswer[]> {
  try {
    const path = `/advisories/${encodeURIComponent(id)}`;
    return (await api.call<PageAnswer<FoundAdvisoryAnswer>>(path, { signal })).items;
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return [];
    throw error;
  }
}

async function aboutPackage(text: string, signal: AbortSignal): Promise<AdvisoryAnswer[]> {
  const at = text.indexOf("@", 1);
  const query = at < 0 ? { package: text } : { package: text.slice(0, at), version: text.slice(at + 1) };
  return (await api.call<PageAnswer<PackageAdvisoryAnswer>>("/advisories", { query, signal })).items;
}

/** What each feed says under an id. */
export const advisoryQuery = (id: string) =>
  queryOptions({
    queryKey: [FIREWALL, "advisory", id],
    queryFn: async ({ signal }) =>
      (await api.call<PageAnswer<FoundAdvisoryAnswer>>(`/advisories/${encodeURIComponent(id)}`, { signal }))
        .items,
  });

/** What people made of advisories. */
export const assessmentsQuery = () =>
  queryOptions({
    queryKey: [FIREWALL, "assessments"],
    queryFn: async ({ signal }) =>
      (await api.call<PageAnswer<AssessmentAnswer>>("/assessments", { signal })).items,
  });

/** As what an advisory can be assessed. */
export const assessmentTypesQuery = () =>
  queryOptions({
    queryKey: [FIREWALL, "assessment-types"],
    queryFn: async ({ signal }) =>
      (await api.call<PageAnswer<AssessmentTypeAnswer>>("/assessment-types", { signal })).items,
  });
