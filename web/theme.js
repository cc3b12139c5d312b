// Sets the theme that was chosen on this browser before the first paint; without a choice the system's preference
// holds. The app's theme switch writes the same key.
try {
  const theme = localStorage.getItem("smsc-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage can be forbidden; the system's preference is then all there is.
}
