import { Outlet, useNavigate } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { ButtonLink } from "../../components/button.tsx";
import { SelectField } from "../../components/field.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { TabLink, TabLinks } from "../../components/tab-links.tsx";
import { usePlace } from "./use-place.ts";

/** The firewall: its tabs, and which registry they are about. */
export function FirewallPage(): ReactElement {
  const { name, registries, isAdmin } = usePlace();
  const navigate = useNavigate();
  const search = name === null ? {} : { registry: name };
  return (
    <>
      <PageHeader
        title="Firewall"
        actions={
          <ButtonLink to="/firewall/explain" search={search} icon="search">
            Explain a version
          </ButtonLink>
        }
      >
        What may come in and go out, what is held back, and who decides on it.
      </PageHeader>
      <div className="mb-3 max-w-xs">
        <SelectField
          label="Registry"
          value={name ?? ""}
          onChange={({ target }) =>
            void navigate({
              to: ".",
              search: (before: object) => ({
                ...before,
                registry: target.value === "" ? undefined : target.value,
              }),
            })
          }
        >
          {isAdmin && <option value="">Every registry</option>}
          {registries.map((registry) => (
            <option key={registry}>{registry}</option>
          ))}
        </SelectField>
      </div>
      <TabLinks label="Parts of the firewall">
        <TabLink to="/firewall" search={search} activeOptions={{ exact: true, includeSearch: false }}>
          Rules
        </TabLink>
        <TabLink to="/firewall/issues" search={search} activeOptions={{ includeSearch: false }}>
          Holds & issues
        </TabLink>
        <TabLink to="/firewall/exceptions" search={search} activeOptions={{ includeSearch: false }}>
          Requests & exceptions
        </TabLink>
        <TabLink to="/firewall/exposure" search={search} activeOptions={{ includeSearch: false }}>
          Exposure
        </TabLink>
        <TabLink to="/firewall/advisories" search={search} activeOptions={{ includeSearch: false }}>
          Advisories
        </TabLink>
        <TabLink to="/firewall/decisions" search={search} activeOptions={{ includeSearch: false }}>
          Decisions
        </TabLink>
      </TabLinks>
      <Outlet />
    </>
  );
}
