"""`python -m silentnps`: the command line, wherever the package can be imported."""

from silentnps.cli import app

if __name__ == "__main__":
    app(prog_name="silentnps")
