"""The radio cell: path loss by distance, and the rate that it leaves."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from instances.columns import FloatArray

__all__ = ["HIGHEST_EFFICIENCY", "LOWEST_EFFICIENCY", "path_loss_db", "spectral_efficiency"]

# 3GPP TS 38.214, tables 5.2.2.1-2 and 5.2.2.1-3: QPSK at rate 78/1024, and 256QAM at rate 948/1024.
LOWEST_EFFICIENCY = 2 * 78 / 1024
HIGHEST_EFFICIENCY = 8 * 948 / 1024

_THERMAL_DBM_PER_HZ = -174.0
_STATION_M, _USER_M = 10.0, 1.5
_LIGHT_M_PER_S = 299_792_458.0


def path_loss_db(distance_m: npt.ArrayLike, carrier_hz: float) -> FloatArray:
    """Return the path loss of an urban micro cell without line of sight.

    3GPP TR 38.901, table 7.4.1-1, UMi street canyon NLOS: the larger of the line-of-sight loss and
    ``35.3 lg d + 22.4 + 21.3 lg f - 0.3 (h_user - 1.5)``, with d the distance in space in metres, f in GHz, a base
    station at 10 m and users at 1.5 m.

    Parameters
    ----------
    distance_m : array_like
        Distance on the ground; below 10 m it counts as 10 m, where the formula begins.
    carrier_hz : float
        Carrier frequency.

    Returns
    -------
    array
        Loss in dB, rising with distance.
    """
    ground = np.maximum(np.asarray(distance_m, dtype=np.float64), 10.0)
    slant = np.hypot(ground, _STATION_M - _USER_M)
    ghz = carrier_hz / 1e9
    breakpoint_m = 4 * (_STATION_M - 1) * (_USER_M - 1) * carrier_hz / _LIGHT_M_PER_S
    near = 32.4 + 21 * np.log10(slant) + 20 * np.log10(ghz)
    far = 32.4 + 40 * np.log10(slant) + 20 * np.log10(ghz)
    far -= 9.5 * np.log10(breakpoint_m**2 + (_STATION_M - _USER_M) ** 2)
    clear = np.where(ground <= breakpoint_m, near, far)
    hidden = 35.3 * np.log10(slant) + 22.4 + 21.3 * np.log10(ghz)
    loss: FloatArray = np.maximum(clear, hidden)
    return loss


def spectral_efficiency(
    loss_db: npt.ArrayLike,
    bandwidth_hz: npt.ArrayLike,
    *,
    transmit_dbm: float,
    gain_dbi: float,
    noise_figure_db: float,
) -> FloatArray:
    """Return bits per second and hertz of a link that has the whole band to itself.

    Shannon's log2(1 + SNR) between the lowest and highest that 5G's modulation and coding schemes carry, with
    SNR = transmit power + antenna gain - loss - (-174 dBm/Hz x bandwidth + noise figure), in dB.

    Parameters
    ----------
    loss_db, bandwidth_hz : array_like
        Path loss with shadowing, and the band.
    transmit_dbm, gain_dbi, noise_figure_db : float
        Power of the sender, gain of the base station's antenna, noise figure of the receiver.
    """
    noise_dbm = _THERMAL_DBM_PER_HZ + 10 * np.log10(np.asarray(bandwidth_hz, dtype=np.float64)) + noise_figure_db
    snr_db = transmit_dbm + gain_dbi - np.asarray(loss_db, dtype=np.float64) - noise_dbm
    bits: FloatArray = np.clip(np.log2(1 + 10 ** (snr_db / 10)), LOWEST_EFFICIENCY, HIGHEST_EFFICIENCY)
    return bits
