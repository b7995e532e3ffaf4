import { NEVER_LIFTED, RULE_IDS, type ExceptionAnswer } from "@entrepot/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState, type ReactElement } from "react";
import { Badge, type Tone } from "../../components/badge.tsx";
import { Button } from "../../components/button.tsx";
import type { Column } from "../../components/data-table.tsx";
import { SelectField } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";
import { EmptyState } from "../../components/states.tsx";
import { Time } from "../../components/time.tsx";
import { ExceptionDecision, type ExceptionVerb } from "./exception-decision.tsx";
import { ExceptionForm } from "./exception-form.tsx";
import { exceptionsQuery } from "./firewall-queries.ts";
import { PagedTable } from "./paged-table.tsx";
import { placeWords, usePlace, type Place } from "./use-place.ts";

const route = getRouteApi("/shell/firewall/exceptions");
const LIFTABLE = RULE_IDS.filter((rule) => !NEVER_LIFTED.has(rule));

type Decide = (exception: ExceptionAnswer, verb: ExceptionVerb) => void;

/** Requests for exceptions, exceptions in force and past ones, and making or asking for one. */
export function ExceptionsTab(): ReactElement {
  const place = usePlace();
  const [asked, setAsked] = useState<{ exception: ExceptionAnswer; verb: ExceptionVerb } | null>(null);
  const { state = "approved" } = route.useSearch();
  const navigate = route.useNavigate();
  const decide: Decide = (exception, verb) => setAsked({ exception, verb });
  return (
    <div className="grid gap-4">
      <List title="Requests" state="requested" place={place} onDecide={decide}>
        <EmptyState title="Nobody waits for an answer">
          A request comes here when somebody whose installation was refused asks for an exception.
        </EmptyState>
      </List>
      <List
        title="Exceptions"
        state={state}
        place={place}
        onDecide={decide}
        actions={
          <div className="w-40">
            <SelectField
              label="State"
              value={state}
              onChange={({ target }) =>
                void navigate({ search: (before) => ({ ...before, state: target.value }), replace: true })
              }
            >
              <option value="approved">In force</option>
              <option value="ended">Ended</option>
              <option value="revoked">Revoked</option>
              <option value="rejected">Rejected</option>
            </SelectField>
          </div>
        }
      >
        <EmptyState title="No exception">
          An exception lets versions pass although a rule is against them, for some time and with a reason.
        </EmptyState>
      </List>
      <Panel title={place.mayManage ? "New exception" : "Ask for an exception"}>
        <ExceptionForm
          key={place.name}
          kind={place.mayManage ? "create" : "request"}
          initial={{ registry: place.name ?? "*", packages: "", range: "*", rule: "" }}
          registries={place.registries}
          isForAll={place.isAdmin || !place.mayManage}
          rules={LIFTABLE}
        />
      </Panel>
      {asked !== null && <ExceptionDecision {...asked} onClose={() => setAsked(null)} />}
    </div>
  );
}

interface ListProps {
  title: string;
  state: string;
  place: Place;
  onDecide: Decide;
  actions?: ReactElement;
  /** Shown when there is none. */
  children: ReactElement;
}

function List({ title, state, place, onDecide, actions, children }: ListProps): ReactElement {
  const list = useInfiniteQuery(exceptionsQuery(place.name, state));
  return (
    <Panel title={title} isFlush actions={actions}>
      <PagedTable list={list} label={title} columns={columnsFor(onDecide)} keyOf={({ id }) => id}>
        {children}
      </PagedTable>
    </Panel>
  );
}

const TONES: Readonly<Record<ExceptionAnswer["state"], Tone>> = {
  requested: "warn",
  approved: "good",
  rejected: "bad",
  revoked: "neutral",
  ended: "neutral",
};

function columnsFor(onDecide: Decide): Column<ExceptionAnswer>[] {
  return [
    {
      heading: "Versions",
      cell: ({ packages, range, registry, rules }) => (
        <span className="grid min-w-36 gap-0.5 [overflow-wrap:anywhere]">
          <span className="font-medium">
            {packages}@{range}
          </span>
          <span className="text-soft">
            {rules === null ? "every rule that can be lifted" : rules.join(", ")}, in {placeWords(registry)}
          </span>
        </span>
      ),
    },
    {
      heading: "Why",
      isMinor: true,
      cell: ({ owner, reason }) => (
        <span className="[overflow-wrap:anywhere]">
          {owner === undefined ? "" : `${owner}: ${reason ?? ""}`}
        </span>
      ),
    },
    { heading: "Agreed", isMinor: true, cell: (exception) => <Agreed exception={exception} /> },
    { heading: "Ends", isMinor: true, cell: (exception) => <Ends exception={exception} /> },
    { heading: "State", cell: ({ state }) => <Badge tone={TONES[state]}>{state}</Badge> },
    { heading: "Do", cell: (exception) => <Verbs exception={exception} onDecide={onDecide} /> },
  ];
}

function Agreed({ exception }: { exception: ExceptionAnswer }): ReactElement {
  const { approvedBy = [], approvalsNeeded = 1 } = exception;
  const missing = approvalsNeeded - approvedBy.length;
  return (
    <span className="grid gap-0.5">
      <span>{approvedBy.length === 0 ? "nobody yet" : approvedBy.join(", ")}</span>
      {approvalsNeeded > 1 && exception.state === "requested" && (
        <span className="text-soft">
          Malware needs two different people; {missing} more {missing === 1 ? "has" : "have"} to approve.
        </span>
      )}
    </span>
  );
}

function Ends({ exception: { expiresAt, days, state } }: { exception: ExceptionAnswer }): ReactElement {
  if (expiresAt !== null) return <Time at={expiresAt} />;
  if (state === "requested" && days !== null && days !== undefined) return <>{days} days after approval</>;
  return <span className="text-faint">{state === "approved" ? "never" : "—"}</span>;
}

function Verbs({
  exception,
  onDecide,
}: {
  exception: ExceptionAnswer;
  onDecide: Decide;
}): ReactElement | null {
  const { state, mayDecide } = exception;
  if (mayDecide !== true) return null;
  const verbs: Partial<Record<ExceptionAnswer["state"], readonly ExceptionVerb[]>> = {
    requested: ["approve", "reject"],
    approved: ["revoke"],
  };
  return (
    <span className="flex flex-wrap gap-1">
      {(verbs[state] ?? []).map((verb) => (
        <Button
          key={verb}
          look={verb === "approve" ? "plain" : "quiet"}
          onClick={() => onDecide(exception, verb)}
        >
          {verb.charAt(0).toUpperCase() + verb.slice(1)}
          <span className="sr-only">
            {" "}
            {exception.packages}@{exception.range}
          </span>
        </Button>
      ))}
    </span>
  );
}
