/** How the console looks: as the system does, or one theme always. */
export type Theme = "system" | "light" | "dark";

const KEY = "entrepot.theme";

/** The theme that was chosen in this browser. */
export function chosenTheme(): Theme {
  const { theme } = document.documentElement.dataset;
  return theme === "light" || theme === "dark" ? theme : "system";
}

/** Shows the theme and remembers it in this browser. `design/theme-boot.js` reads it before the next first paint. */
export function chooseTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
  try {
    if (theme === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // Storage may be switched off; then it lasts as long as the page.
  }
}
