"""`python -m silentnps`: the command line, wherever the package can be imported."""

from silentnps.cli import main

if __name__ == "__main__":
    main()
