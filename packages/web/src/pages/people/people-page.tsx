import { useSuspenseQuery } from "@tanstack/react-query";
import { Outlet } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { sessionQuery } from "../../api/session.ts";
import { PageHeader } from "../../components/page-header.tsx";
import { TabLink, TabLinks } from "../../components/tab-links.tsx";

/** Who is here, what they may do, and what they did; each in a tab. */
export function PeoplePage(): ReactElement {
  const { data: self } = useSuspenseQuery(sessionQuery());
  const mayAdminister = self?.may.includes("administer") === true;
  return (
    <>
      <PageHeader title="People">Who is here, what they may do, and what they did.</PageHeader>
      <TabLinks label="Parts of people">
        {mayAdminister && (
          <TabLink to="/people" activeOptions={{ exact: true, includeSearch: false }}>
            Users
          </TabLink>
        )}
        <TabLink to="/people/organizations">Organizations</TabLink>
        {mayAdminister && (
          <>
            <TabLink to="/people/permissions">Permissions</TabLink>
            <TabLink to="/people/keys">Keys</TabLink>
            <TabLink to="/people/audit">Audit trail</TabLink>
          </>
        )}
      </TabLinks>
      <Outlet />
    </>
  );
}
