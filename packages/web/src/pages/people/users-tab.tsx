import type { UserAnswer } from "@entrepot/core";
import { keepPreviousData, useInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, Navigate } from "@tanstack/react-router";
import { useDeferredValue, type ReactElement } from "react";
import { sessionQuery } from "../../api/session.ts";
import { Badge } from "../../components/badge.tsx";
import { ButtonLink } from "../../components/button.tsx";
import type { Column } from "../../components/data-table.tsx";
import { TextField } from "../../components/field.tsx";
import { PagedTable } from "../../components/paged-table.tsx";
import { Panel } from "../../components/panel.tsx";
import { EmptyState } from "../../components/states.tsx";
import { Time } from "../../components/time.tsx";
import { Invitations } from "./invitations.tsx";
import { usersQuery } from "./people-queries.ts";

const route = getRouteApi("/shell/people/");

const COLUMNS: readonly Column<UserAnswer>[] = [
  {
    heading: "Name",
    cell: ({ name, fullName, disabled }) => (
      <span className="flex flex-wrap items-center gap-1.5">
        <Link
          className="font-medium text-accent [overflow-wrap:anywhere] hover:underline"
          to="/people/users/$user"
          params={{ user: name }}
        >
          {name}
        </Link>
        {fullName !== "" && <span className="text-soft">{fullName}</span>}
        {disabled && <Badge tone="bad">Disabled</Badge>}
      </span>
    ),
  },
  {
    heading: "Role",
    cell: ({ role }) => (
      <Badge tone={role === "owner" || role === "admin" ? "accent" : "neutral"}>{role}</Badge>
    ),
  },
  {
    heading: "Mail",
    isMinor: true,
    cell: ({ email }) =>
      email === null ? (
        <span className="text-faint">none</span>
      ) : (
        <span className="[overflow-wrap:anywhere]">{email}</span>
      ),
  },
  { heading: "Here since", isMinor: true, cell: ({ createdAt }) => <Time at={createdAt} /> },
];

/** All users, and the invitations that wait. */
export function UsersTab(): ReactElement {
  const { data: self } = useSuspenseQuery(sessionQuery());
  if (self?.may.includes("administer") !== true) return <Navigate to="/people/organizations" replace />;
  return <Users />;
}

function Users(): ReactElement {
  const { text = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const list = useInfiniteQuery({
    ...usersQuery(useDeferredValue(text)),
    placeholderData: keepPreviousData,
  });
  return (
    <div className="grid gap-4">
      <Panel isFlush>
        <div className="flex flex-wrap items-end justify-between gap-3 border-b border-line px-4 py-3">
          <div className="w-full sm:w-72">
            <TextField
              label="Find users by name"
              type="search"
              value={text}
              onChange={(event) =>
                void navigate({ search: { text: event.target.value || undefined }, replace: true })
              }
            />
          </div>
          <ButtonLink look="primary" icon="plus" to="/people/users/new">
            Add somebody
          </ButtonLink>
        </div>
        <PagedTable
          list={list}
          label="Users"
          columns={COLUMNS}
          keyOf={({ name }) => name}
          empty={
            <EmptyState title={`Nobody is called “${text}”`}>
              Look for a part of the user name; full names and mail addresses are not searched.
            </EmptyState>
          }
        />
      </Panel>
      <Invitations />
    </div>
  );
}
