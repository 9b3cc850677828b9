// SPDX-License-Identifier: MIT
"use strict";

// What every page has: dark and light, a help, and a word about what happened.
const $ = (id) => document.getElementById(id);

const page = {
	// Kept for the next page where the browser allows that to pages from files.
	store(theme) {
		try {
			if (theme) localStorage.setItem("jurat-theme", theme);
			return localStorage.getItem("jurat-theme");
		} catch {
			return null;
		}
	},
	isDark() {
		const chosen = document.documentElement.dataset.theme;
		return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
	},
	switchTheme() {
		const theme = page.isDark() ? "light" : "dark";
		document.documentElement.dataset.theme = theme;
		page.store(theme);
		document.dispatchEvent(new Event("theme"));
	},
	help() {
		const keys = $("keys");
		if (keys.open) keys.close();
		else keys.showModal();
	},
	// Whether a key is meant for what has the focus.
	isTyping(event) {
		return event.ctrlKey || event.metaKey || event.altKey || $("keys").open ||
			/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
	},
	// Without the clipboard's interface, which not every browser allows to pages from files, the text is selected.
	copy(element) {
		const selection = getSelection();
		selection.selectAllChildren(element);
		if (navigator.clipboard) navigator.clipboard.writeText(element.textContent).catch(() => {});
		return element.textContent.length;
	},
	begin() {
		const theme = page.store();
		if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
		matchMedia("(prefers-color-scheme: dark)").addEventListener("change",
			() => document.dispatchEvent(new Event("theme")));
		$("tools").hidden = false;
		$("theme").addEventListener("click", page.switchTheme);
		$("help").addEventListener("click", page.help);
	},
};
