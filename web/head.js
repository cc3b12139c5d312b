// Runs before the first paint. Sets the theme that was chosen on this browser; without a choice the system's preference
// holds. Requests the texts of the chosen language, or else of the browser's; without a file for it, the app is English.
// The app writes the same keys.
let language;
try {
  const theme = localStorage.getItem("smsc-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  language = localStorage.getItem("smsc-language");
} catch {
  // Storage can be forbidden; the system's preferences are then all there is.
}
language ??= navigator.language.slice(0, 2);
const file = { de: "/{{de.txt}}" }[language];

async function texts() {
  const response = await fetch(file);
  if (!response.ok) throw new Error(`${file}: ${response.status}`);
  const texts = await response.text();
  document.documentElement.lang = language;
  return texts;
}

if (file) globalThis.smscTexts = texts().catch(console.error);
