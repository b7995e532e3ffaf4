import { useState, type ReactElement } from "react";
import { SelectField } from "../../components/field.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { TokenForm } from "./token-form.tsx";

/** The form for a key that belongs to nobody. */
export function NewKeyPage(): ReactElement {
  const [kind, setKind] = useState("feed");
  return (
    <>
      <PageHeader title="New key">
        It belongs to nobody, and goes on when whoever made it has left.
      </PageHeader>
      <TokenForm where="/keys" noun="key" allText="Everything" more={{ kind }} user={null}>
        <SelectField
          label="What it stands for"
          hint="A key for registries has to name some below."
          value={kind}
          onChange={(event) => setKind(event.target.value)}
        >
          <option value="feed">Some registries</option>
          <option value="system">The whole server</option>
        </SelectField>
      </TokenForm>
    </>
  );
}
