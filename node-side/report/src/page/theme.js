/* Colours: as the system has them, or as the reader wants them. */
(function theme() {
	const button = document.getElementById("theme");
	const themes = [["", "as the system"], ["light", "light"], ["dark", "dark"]];
	let at = 0;
	const show = () => {
		const [value, name] = themes[at];
		if (value) document.documentElement.dataset.theme = value;
		else delete document.documentElement.dataset.theme;
		button.querySelector("span").textContent = name;
	};
	// A file opened from disk may have no storage.
	try {
		const kept = localStorage.getItem("async-backing-theme");
		at = Math.max(0, themes.findIndex(([value]) => value === kept));
	} catch { at = 0; }
	button.addEventListener("click", () => {
		at = (at + 1) % themes.length;
		try { localStorage.setItem("async-backing-theme", themes[at][0]); } catch { /* it is not kept */ }
		show();
	});
	button.hidden = false;
	show();
})();
