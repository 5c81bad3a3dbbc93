"""What a person sees of the store in a browser."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from background import free_port, outside, running

from silentnps.tracking.registry import model_versions
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.artifacts.store import store_of

SECONDS = 180
SHOTS = os.environ.get("SILENTNPS_SCREENSHOTS")
"""A folder to keep pictures of the pages in; not set, none are taken."""


@pytest.fixture
def browser() -> Iterator[Any]:
    selenium = pytest.importorskip("selenium", reason="selenium is not installed")
    programs = [shutil.which(name) for name in ("chromium", "chromedriver")]
    if None in programs:
        pytest.skip("there is no chromium with chromedriver")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = str(programs[0])
    words = (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--window-size=1600,1400",
    )
    for word in words:
        options.add_argument(word)
    driver = webdriver.Chrome(options=options, service=Service(str(programs[1])))
    assert selenium.__version__
    try:
        yield driver
    finally:
        driver.quit()


def wait_for(browser: Any, path: str) -> Any:
    """Wait for an element and return it."""
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support import expected_conditions
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(browser, SECONDS).until(
        expected_conditions.visibility_of_element_located((By.XPATH, path))
    )


def click(browser: Any, text: str) -> None:
    """Click what has this text."""
    wait_for(browser, f"//*[normalize-space(text())='{text}']").click()


def see(browser: Any, url: str | None, *words: str, shot: str) -> None:
    """Open a page, or stay where one is, and wait until it shows every word."""
    from selenium.common.exceptions import StaleElementReferenceException, TimeoutException
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    if url is not None:
        browser.get(url)

    def shown(_: Any) -> bool:
        text = browser.find_element(By.TAG_NAME, "body").text
        return all(word in text for word in words)

    wait = WebDriverWait(browser, SECONDS, ignored_exceptions=(StaleElementReferenceException,))
    try:
        wait.until(shown)
    except TimeoutException:
        pytest.fail(f"{url} does not show {words}:\n{browser.find_element(By.TAG_NAME, 'body').text[:3000]}")
    finally:
        if SHOTS:
            browser.save_screenshot(str(Path(SHOTS) / f"{shot}.png"))


@pytest.mark.slow
def test_the_ui_shows_the_run_its_metrics_its_plots_and_the_model(
    browser: Any, project: Project, tmp_path: Path
) -> None:
    run = json.loads((project.output / "run.json").read_text(encoding="utf-8"))["run_id"]
    port, config = free_port(), project.output.parent / "config.yaml"
    (newest, *_) = model_versions(store_of(project))
    words = ("-c", "from silentnps.cli import app; app()", "ui", "-c", config, "--port", port)
    env = {**outside(), "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    address = f"http://127.0.0.1:{port}"
    with running(*words, url=address, env=env, cwd=tmp_path):
        experiment = _experiment(project)
        page = f"{address}/#/experiments/{experiment}/runs"
        see(browser, page, "demo 2025-Q4", "features of wave 2025-Q4", shot="experiment")
        see(browser, f"{page}/{run}", "demo 2025-Q4", "cv/rps", "silent/nps", "demo", "v1", shot="run")
        see(browser, f"{page}/{run}/artifacts", "held_out", "plots", shot="artifacts")
        click(browser, "plots")
        see(browser, None, "reliability.png", "shap_summary.png", shot="plots")
        click(browser, "reliability.png")
        picture = "//img[contains(@src, 'blob:') or contains(@src, 'reliability')]"
        assert wait_for(browser, picture).is_displayed()
        see(browser, f"{address}/#/models/demo", "demo", "challenger", shot="models")
        version = f"{address}/#/models/demo/versions/{newest.number}"
        see(browser, version, f"Version {newest.number}", "Inputs (", "Outputs (11)", shot="version")


def _experiment(project: Project) -> str:
    from mlflow import MlflowClient

    return str(MlflowClient(store_of(project).uri).get_experiment_by_name("demo").experiment_id)
