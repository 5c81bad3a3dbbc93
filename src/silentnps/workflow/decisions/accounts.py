"""Accounts: what the contacts of each customer company think, and which companies are silent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from silentnps.bundle.bundle import Bundle, load_bundle
from silentnps.config import AccountsConfig
from silentnps.counts import counted
from silentnps.errors import ConfigError
from silentnps.estimation.accounts.levels import account_levels
from silentnps.estimation.accounts.roll_up import Members, roll_up
from silentnps.estimation.comparison.wave_comparison import repeats_of
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.wave_follow_up import wave_follow_up
from silentnps.numerics.arrays import Booleans, Floats
from silentnps.numerics.parallel import one_thread
from silentnps.storage.atomic import replace_folder
from silentnps.workflow.artifacts.bootstrap import KeptBootstrap, read_bootstrap
from silentnps.workflow.artifacts.out_of_fold import read_out_of_fold
from silentnps.workflow.artifacts.project import Project, one_at_a_time
from silentnps.workflow.commands.estimate import check_unchanged, follow_up_of
from silentnps.workflow.decisions.roll_up.account_files import write_accounts
from silentnps.workflow.decisions.roll_up.belonging import read_belonging
from silentnps.workflow.large_base.everybody import wave_of_training
from silentnps.workflow.privacy.permissions import not_to_be_scored
from silentnps.workflow.value.spend import spend_of_wave
from silentnps.workflow.watch import QUIET, Watch
from silentnps.workflow.wave_data import settled_data

_STREAM = 23
"""Sets these draws apart from others of the same seed."""

_NONE = "\0"
"""The account of customers without one, which no table can hold."""


@dataclass(frozen=True)
class Accounts:
    """The accounts of a wave: those where nobody answered first, by what is at risk; see `roll_up`.

    `table` has `account_id` before the columns of `silentnps.estimation.accounts.roll_up.COLUMNS`; `notes` are what
    must be known of it. `spend` says what spend is, empty where it is not known.
    """

    table: pd.DataFrame
    wave: str
    spend: str
    notes: tuple[str, ...]

    @property
    def n_silent(self) -> int:
        """Return how many accounts are silent."""
        return int(self.table["silent"].sum())


@one_at_a_time
def accounts(project: Project, *, watch: Watch = QUIET) -> Accounts:
    """Put the customers of each account together, and write accounts.csv, accounts.xlsx and accounts.json.

    Nothing is fitted: the models, and the bootstrap that errors come from, are those of the training.

    Raises
    ------
    ConfigError
        If no `accounts` are declared, an attribute of theirs is not there, or the base is a large one.
    """
    declared = project.config.accounts
    if declared is None:
        raise ConfigError(
            "accounts must be declared; got none. Write `accounts: {column: account_id}` into the configuration, "
            "with the attribute of customers that names their account."
        )
    watch.step("reading the model")
    bundle = load_bundle(project.model)
    if bundle.info.get("silent_sampled", False):
        raise ConfigError(
            "accounts must be of a base all of whose customers training holds; got a large one. Train on a project "
            "of those who belong to accounts."
        )
    watch.step("reading who belongs to which account")
    belonging = read_belonging(project.config, declared)
    watch.step("putting accounts together")
    found = _accounts(project, bundle, declared, belonging)
    about = {"wave": found.wave, "spend": found.spend, "accounts": len(found.table), "silent": found.n_silent}
    notes = {"notes": list(found.notes)}
    replace_folder(accounts_folder(project), lambda folder: write_accounts(folder, found.table, about | notes))
    return found


def accounts_folder(project: Project) -> Path:
    """Return the folder of the accounts: accounts.csv, accounts.xlsx, accounts.json."""
    return project.output / "accounts"


def _accounts(project: Project, bundle: Bundle, declared: AccountsConfig, belonging: pd.DataFrame) -> Accounts:
    handed_over = read_out_of_fold(project, bundle)
    data = settled_data(handed_over.rows, bundle.info, project.config.features)
    of_wave = handed_over.rows[data.target]
    data = replace(data, follow_up=follow_up_of(project, of_wave, QUIET))
    check_unchanged(data, project.config, bundle.info)
    ids = of_wave["customer_id"].astype(str)
    known = pd.DataFrame({"customer_id": ids.to_numpy()}).merge(belonging, on="customer_id", how="left")
    objecting = not_to_be_scored(project.config)
    counted_in = known["account"].notna().to_numpy() & ~ids.isin(objecting).to_numpy()
    column = known["account"].where(counted_in, _NONE).rename("account")
    wave = wave_of_training(bundle, project.config, data, handed_over.margins, column.to_frame(), None)
    spend = spend_of_wave(project, bundle, of_wave, None)
    values = None if spend is None else np.where(spend.known, spend.amounts, np.nan)
    weights, notes = _weights(declared, known["role"], values, counted_in)
    table = _table(wave, read_bootstrap(project, bundle), weights, values)
    notes = [*notes, *_notes(project, table, counted_in, len(ids.index[ids.isin(objecting)]))]
    return Accounts(table, str(bundle.info["wave"]), "" if spend is None else spend.words, tuple(notes))


def _weights(
    declared: AccountsConfig, role: pd.Series, spend: Floats | None, counted_in: Booleans
) -> tuple[Floats, list[str]]:
    """Return how much each customer counts, and how that is told."""
    if declared.weights == "spend":
        if spend is None:
            raise ConfigError(
                "accounts.weights must be by something known; got spend, of which there is none. Remove the key."
            )
        return np.asarray(np.nan_to_num(spend), dtype=np.float64), ["Shares and NPS count each customer by spend."]
    if not isinstance(declared.weights, dict) or not declared.weights:
        return np.ones(len(role)), []
    found = role.map(declared.weights)
    n_other = int((found.isna().to_numpy() & counted_in).sum())
    listed = ", ".join(f"{name} {weight:g}" for name, weight in declared.weights.items())
    told = f"Shares and NPS count each customer by role: {listed}"
    rest = f", and 1 of {counted(n_other, 'customer')} in other roles" if n_other else ""
    weights: Floats = np.asarray(found.fillna(1.0), dtype=np.float64)
    return weights, [f"{told}{rest}."]


def _table(wave: CrossFittedWave, kept: KeptBootstrap, weights: Floats, spend: Floats | None) -> pd.DataFrame:
    estimation, repeats = wave.estimation, repeats_of(wave, kept.repeats)
    (cut,) = wave.segmentations
    with one_thread():
        draws = kept.bootstrap.draws(wave, repeats)
    calls = wave_follow_up(wave, repeats)
    levels = account_levels(wave, repeats, draws, anchor=None if calls is None else calls.silent)
    members = Members(cut.codes, levels.law, wave.sample.classes, weights, spend)
    found = roll_up(
        members,
        levels.nps,
        levels.standard_error,
        min_n=estimation.min_segment_n,
        confidence_level=estimation.confidence_level,
        rng=np.random.default_rng([wave.random_state, _STREAM]),
    )
    found.insert(0, "account_id", list(cut.labels))
    return in_order(found[found["account_id"] != _NONE])


def in_order(table: pd.DataFrame) -> pd.DataFrame:
    """Return accounts with the silent ones first, each part by what is at risk, else by expected detractors."""
    by_count = table["detractor_share"] * table["customers"]
    risk = table["at_risk"] if table["at_risk"].notna().any() else by_count
    first = ~table["silent"].to_numpy(dtype=np.bool_)
    order = np.lexsort((table["account_id"].to_numpy(dtype=str), -risk.fillna(0.0).to_numpy(), first))
    return table.iloc[order].reset_index(drop=True)


def _notes(project: Project, table: pd.DataFrame, counted_in: Booleans, n_objecting: int) -> list[str]:
    estimation = project.config.estimation
    n_without = int((~counted_in).sum()) - n_objecting
    level, few = (
        f"{100 * estimation.confidence_level:g} %",
        int((table["customers"] < estimation.min_segment_n).sum()),
    )
    notes = [
        f"Ranges are where the true share, NPS or spend of an account's own customers lies ({level}). Answers of "
        "an account count for its silent customers as far as accounts differ."
    ]
    if few:
        notes.append(
            f"{counted(few, 'account')} of fewer than {estimation.min_segment_n} customers: no NPS, whose range "
            "would be most of the scale; see the shares, and the probability that one is a detractor."
        )
    if n_without > 0:
        notes.append(f"{counted(n_without, 'customer')} of the wave without an account: left out.")
    if n_objecting:
        notes.append(f"{counted(n_objecting, 'customer')} who opted out: left out.")
    return notes
