"""A headless Chromium that a test drives, without a network."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import debian
from selenium import webdriver
from selenium.webdriver.support.wait import WebDriverWait

# Program -> Debian's package of it.
PACKAGES = {"chromium": "chromium", "chromedriver": "chromium-driver"}
FLAGS = ["--headless=new", "--disable-dev-shm-usage", "--disable-background-networking"]
LOGS = {"browser": "ALL", "performance": "ALL"}


@contextmanager
def browser(profile: Path) -> Iterator["Browser"]:
    """A browser with the folder `profile` of its own; Unavailable where there is none."""
    absent = [package for program, package in PACKAGES.items() if not shutil.which(program)]
    if absent:
        debian.install(absent)
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    options.set_capability("goog:loggingPrefs", LOGS)
    # Chromium's sandbox refuses root.
    for flag in [*FLAGS, f"--user-data-dir={profile}", *["--no-sandbox"] * (os.geteuid() == 0)]:
        options.add_argument(flag)
    service = webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
    driver = Browser(options=options, service=service)
    try:
        driver.screen(1280, 900)
        driver.colours("light")
        yield driver
    finally:
        driver.quit()


class Browser(webdriver.Chrome):
    """Chromium with the words in which the tests of a page speak."""

    def screen(self, width: int, height: int) -> None:
        """Be a screen of this many pixels."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def colours(self, scheme: str) -> None:
        """Prefer `light` or `dark`, as the system of a reader does."""
        wanted = [{"name": "prefers-color-scheme", "value": scheme}]
        self.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": wanted})

    def open(self, page: Path) -> None:
        """Show a file; it is there to its end, and what it runs at once has run."""
        self.get(page.as_uri())
        there = "document.URL === arguments[0] && document.readyState === 'complete'"
        WebDriverWait(self, 30).until(lambda _: self.js(there, page.as_uri()))

    def said(self) -> list[str]:
        """What the console said since it was asked last."""
        return [entry["message"] for entry in self.get_log("browser")]

    def js(self, code: str, *values: object) -> object:
        """What an expression in JavaScript is; `arguments` are the values."""
        return self.execute_script(f"return ({code})", *values)
