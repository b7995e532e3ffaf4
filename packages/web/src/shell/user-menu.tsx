import type { SelfAnswer } from "@entrepot/core";
import { lazy, Suspense, useState, type ReactElement } from "react";
import { UserButton } from "./user-button.tsx";

// Loaded when it is first opened: the first page is there sooner without it.
const OpenUserMenu = lazy(async () => ({ default: (await import("./open-user-menu.tsx")).OpenUserMenu }));

/** Who is signed in, and the way out. */
export function UserMenu({ self }: { self: SelfAnswer }): ReactElement {
  const [isWanted, setWanted] = useState(false);
  const button = <UserButton user={self.user} aria-haspopup="menu" onClick={() => setWanted(true)} />;
  if (!isWanted) return button;
  return (
    <Suspense fallback={button}>
      <OpenUserMenu self={self} />
    </Suspense>
  );
}
