import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/app.tsx";
import "./design/base.css";

const root = document.getElementById("root");
if (root === null) throw new Error("The page has no element to show the console in.");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
