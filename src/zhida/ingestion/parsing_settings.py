"""What a parser process may use up, and when it is replaced; read by the sandbox."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field


class ParsingSettings(BaseModel):
    """Limits per file, and the pool of parser processes."""

    model_config = ConfigDict(frozen=True)

    max_file_bytes: int = Field(default=50 * 1024 * 1024, gt=0)
    """Larger files are refused before anything reads them."""
    processor_time_limit: timedelta = timedelta(seconds=25)
    """Processor time for one file: what decides on a busy machine too, where wall time says little."""
    time_limit: timedelta = timedelta(seconds=100)
    """Wall time for one file."""
    start_time_limit: timedelta = timedelta(seconds=60)
    """Wall time for a parser process to say that it is ready; generous, since a busy machine starts slowly."""
    memory_limit_bytes: int = Field(default=1024 * 1024 * 1024, gt=0)
    """Address space of a parser process."""
    max_text_characters: int = Field(default=10_000_000, gt=0)
    """Text that one document may hold."""
    max_elements: int = Field(default=500_000, gt=0)
    """Blocks that one document may hold."""
    max_unpacked_bytes: int = Field(default=300 * 1024 * 1024, gt=0)
    """What the parts of a zipped format may unpack to, all together."""
    max_compression_ratio: int = Field(default=200, gt=0)
    """Unpacked over packed size, above which a zipped format is taken for a bomb."""
    processes: int = Field(default=2, gt=0)
    """Files parsed side by side."""
    recycle_after_files: int = Field(default=200, gt=0)
    """A parser process ends after so many files, so that no leak of a vendor's library lasts."""
    recycle_above_bytes: int = Field(default=256 * 1024 * 1024, gt=0)
    """A parser process ends once its resident memory has grown beyond this."""
    idle_limit: timedelta = timedelta(seconds=60)
    """A parser process that has had nothing to do for so long ends by itself."""
