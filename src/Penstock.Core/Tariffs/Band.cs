namespace Penstock.Core.Tariffs;

/// <summary>Time-of-use periods in the legal order of the Chinese notices: sharp, peak, flat, valley, deep valley.</summary>
public enum Band
{
    Flat, Valley, DeepValley, Peak, Sharp,
}
