import { useSuspenseQuery } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { sessionQuery } from "../../api/session.ts";
import { SelectField } from "../../components/field.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { TokenForm } from "./token-form.tsx";

/** The form for a token of one's own. */
export function NewTokenPage(): ReactElement {
  const { data: self } = useSuspenseQuery(sessionQuery());
  const [kind, setKind] = useState("personal");
  return (
    <>
      <PageHeader title="New token">
        It stands for you, and may do no more than you may. Give it as little as it needs.
      </PageHeader>
      <TokenForm
        where="/tokens"
        noun="token"
        allText="All that you may do"
        more={{ kind }}
        user={self?.user ?? null}
      >
        <SelectField label="Where it is used" value={kind} onChange={(event) => setKind(event.target.value)}>
          <option value="personal">By you, anywhere</option>
          <option value="ci">In a pipeline</option>
        </SelectField>
      </TokenForm>
    </>
  );
}
