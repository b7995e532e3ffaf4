import { useSuspenseQuery } from "@tanstack/react-query";
import { Outlet } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { sessionQuery } from "../../api/session.ts";
import { PageHeader } from "../../components/page-header.tsx";
import { TabLink, TabLinks } from "../../components/tab-links.tsx";

/** What concerns whoever is signed in, and for administrators the server, each in a tab. */
export function SettingsFrame(): ReactElement {
  const { data: self } = useSuspenseQuery(sessionQuery());
  return (
    <>
      <PageHeader title="Settings" />
      <TabLinks label="Parts of the settings">
        <TabLink to="/settings" activeOptions={{ exact: true }}>
          You
        </TabLink>
        <TabLink to="/settings/tokens">Tokens</TabLink>
        {self?.may.includes("administer") === true && (
          <>
            <TabLink to="/settings/jobs">Jobs</TabLink>
            <TabLink to="/settings/server">Server</TabLink>
          </>
        )}
      </TabLinks>
      <Outlet />
    </>
  );
}
