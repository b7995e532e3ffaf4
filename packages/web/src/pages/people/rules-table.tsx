import type { AccessRuleAnswer } from "@entrepot/core";
import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import type { ReactElement, ReactNode } from "react";
import { Badge } from "../../components/badge.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { ErrorState, LoadingState } from "../../components/states.tsx";
import { deedsText, placeText, whoText } from "./rule-words.ts";

const COLUMNS: readonly Column<AccessRuleAnswer>[] = [
  {
    heading: "Who",
    cell: (rule) => <span className="font-medium [overflow-wrap:anywhere]">{whoText(rule)}</span>,
  },
  {
    heading: "What",
    cell: ({ effect, permissions }) => (
      <span>
        <Badge tone={effect === "grant" ? "good" : "bad"}>{effect === "grant" ? "may" : "may not"}</Badge>{" "}
        {deedsText(permissions)}
      </span>
    ),
  },
  { heading: "Where", cell: (rule) => <span className="[overflow-wrap:anywhere]">{placeText(rule)}</span> },
];

interface RulesTableProps {
  list: Pick<UseInfiniteQueryResult, "isPending" | "isError" | "error" | "refetch">;
  rules: readonly AccessRuleAnswer[];
  empty: ReactNode;
  /** What can be done about a rule. */
  action?: Column<AccessRuleAnswer>;
}

/** Rules on who may do what, in words. */
export function RulesTable({ list, rules, empty, action }: RulesTableProps): ReactElement {
  if (list.isPending) return <LoadingState />;
  if (list.isError) return <ErrorState error={list.error} reset={() => void list.refetch()} />;
  if (rules.length === 0) return <>{empty}</>;
  const columns = action === undefined ? COLUMNS : [...COLUMNS, action];
  return <DataTable label="Rules" columns={columns} rows={rules} keyOf={({ id }) => id} />;
}
