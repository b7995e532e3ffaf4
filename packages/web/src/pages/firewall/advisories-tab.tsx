import type { AdvisoryAnswer } from "@entrepot/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState, type ReactElement } from "react";
import { Button } from "../../components/button.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { TextField } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";
import { EmptyState, ErrorState, LoadingState } from "../../components/states.tsx";
import { Time } from "../../components/time.tsx";
import { FeedState } from "./feed-state.tsx";
import { advisorySearchQuery } from "./advisory-queries.ts";
import { SeverityBadge } from "./severity-badge.tsx";
import { usePlace } from "./use-place.ts";

const route = getRouteApi("/shell/firewall/advisories");

/** What is known of vulnerabilities and malware, and how current that is. */
export function AdvisoriesTab(): ReactElement {
  const { isAdmin } = usePlace();
  const { text = "" } = route.useSearch();
  return (
    <div className="grid gap-4">
      <Panel title="Look up" isFlush>
        <Search key={text} text={text} />
        {text === "" ? (
          <EmptyState title="Name a package or an advisory">
            Such as <code>lodash</code>, <code>lodash@4.17.20</code> or <code>CVE-2021-23337</code>.
          </EmptyState>
        ) : (
          <Found text={text} />
        )}
      </Panel>
      <FeedState isAdmin={isAdmin} />
    </div>
  );
}

function Search({ text }: { text: string }): ReactElement {
  const [written, setWritten] = useState(text);
  const navigate = route.useNavigate();
  return (
    <form
      role="search"
      className="flex flex-wrap items-end gap-2 border-b border-line px-4 py-3"
      onSubmit={(event) => {
        event.preventDefault();
        void navigate({ search: (before) => ({ ...before, text: written.trim() || undefined }) });
      }}
    >
      <div className="min-w-0 flex-1 basis-56">
        <TextField
          label="Package, or id of an advisory"
          type="search"
          autoCapitalize="none"
          spellCheck={false}
          value={written}
          onChange={({ target }) => setWritten(target.value)}
        />
      </div>
      <Button type="submit" look="primary" icon="search">
        Look up
      </Button>
    </form>
  );
}

const COLUMNS: readonly Column<AdvisoryAnswer>[] = [
  {
    heading: "Advisory",
    cell: ({ id, summary }) => (
      <span className="grid min-w-36 gap-0.5 [overflow-wrap:anywhere]">
        <Link className="font-medium text-accent underline" to="/firewall/advisories/$id" params={{ id }}>
          {id}
        </Link>
        <span className="text-soft">{summary}</span>
      </span>
    ),
  },
  { heading: "Severity", cell: (advisory) => <SeverityBadge advisory={advisory} /> },
  { heading: "Risk", isNumber: true, isMinor: true, cell: ({ risk }) => `${risk.category} of 5` },
  {
    heading: "Published",
    isMinor: true,
    cell: ({ publishedAt }) =>
      publishedAt === null ? <span className="text-faint">unknown</span> : <Time at={publishedAt} />,
  },
];

function Found({ text }: { text: string }): ReactElement {
  const { data, isPending, error, refetch } = useQuery(advisorySearchQuery(text));
  if (isPending) return <LoadingState what="Looking it up" />;
  if (data === undefined) return <ErrorState error={error} reset={() => void refetch()} />;
  if (data.length === 0) {
    return (
      <EmptyState title={`Nothing is known against ${text}`}>As far as the feeds below tell.</EmptyState>
    );
  }
  return <DataTable label="Advisories" columns={COLUMNS} rows={data} keyOf={({ id }) => id} />;
}
