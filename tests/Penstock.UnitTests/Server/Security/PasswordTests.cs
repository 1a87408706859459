using System.Text;
using CsCheck;
using Penstock.Server.Security;

namespace Penstock.UnitTests.Server.Security;

public sealed class PasswordTests
{
    private const string Key = "00FF10A0B1C2D3E4F5061728394A5B6C7D8E9FA0";

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    [Fact]
    public void A_hash_read_back_matches_its_password_and_no_other() => Gen.Select(Gen.Byte.Array[1, 64], Gen.Byte.Array[1, 64]).Sample(
        (password, other) =>
        {
            var hash = PasswordHash.Parse(PasswordHash.Of(password, 10).ToString());
            Assert.True(hash.Matches(password));
            Assert.Equal(StationPassword.Canonical(password).SequenceEqual(StationPassword.Canonical(other)), hash.Matches(other));
        },
        iter: 200);

    [Fact]
    public void The_stored_text_names_its_iterations_and_two_hashes_of_one_password_differ()
    {
        var (a, b) = (PasswordHash.Of(Bytes("correct horse battery"), PasswordHash.IterationsForGenerated).ToString(), PasswordHash.Of(Bytes("correct horse battery"), PasswordHash.IterationsForGenerated).ToString());
        Assert.StartsWith("pbkdf2-sha256$10000$", a, StringComparison.Ordinal);
        Assert.NotEqual(a, b);
        Assert.DoesNotContain("horse", a, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("md5$1$AA==$AA==")]
    [InlineData("pbkdf2-sha256$-1$AA==$AA==")]
    [InlineData("pbkdf2-sha256$10$AAAAAAAAAAAAAAAAAAAAAA==$?")]
    [InlineData("pbkdf2-sha256$10$AAAAAAAAAAAAAAAAAAAAAA==$")]
    public void A_stored_text_that_is_no_hash_is_no_password(string text) => Assert.Throws<FormatException>(() => PasswordHash.Parse(text));

    [Fact]
    public void A_key_of_1_6_is_the_same_as_bytes_and_as_digits_in_either_case()
    {
        var hash = PasswordHash.Of(Bytes(Key), 10);
        Assert.True(hash.Matches(Convert.FromHexString(Key)));
        Assert.True(hash.Matches(Bytes(Key.ToLowerInvariant())));
        Assert.False(hash.Matches(Bytes(Key[..38])));
    }

    [Fact]
    public void A_generated_password_suits_every_version()
    {
        var made = StationPassword.Generate();
        Assert.Null(StationPassword.Fault(made));
        Assert.Null(StationPassword.FaultIn16(made));
        Assert.Equal(40, made.Length);
        Assert.NotEqual(made, StationPassword.Generate());
    }

    [Theory]
    [InlineData("short", "16 to 40")]
    [InlineData("12345678901234567890123456789012345678901", "16 to 40")]
    [InlineData("sixteen letters\u00fc", "printable ASCII")]
    public void A_bad_password_is_told_what_is_wrong(string password, string told) => Assert.Contains(told, StationPassword.Fault(password), StringComparison.Ordinal);

    [Fact]
    public void A_text_is_no_key_of_1_6() => Assert.Contains("AuthorizationKey", StationPassword.FaultIn16("correct horse battery"), StringComparison.Ordinal);

    [Theory]
    [InlineData("CS-1", "CS-1:secret", "secret", false)]
    [InlineData("a:b:c", "a:b:c:se:cret", "se:cret", false)]
    [InlineData("CS-1", "CS-1:", "", false)]
    [InlineData("CS-1", "CS-2:secret", null, true)]
    [InlineData("CS-1", "CS-10:secret", null, true)]
    [InlineData("CS-1", "", null, true)]
    public void The_user_is_the_station_and_the_rest_is_its_password(string station, string pair, string? password, bool fault)
    {
        var read = BasicAuthorization.Read("Basic " + Convert.ToBase64String(Bytes(pair)), station);
        Assert.Equal(password, read.Password is null ? null : Encoding.UTF8.GetString(read.Password));
        Assert.Equal(fault, read.Fault is not null);
    }

    [Theory]
    [InlineData("Bearer abc")]
    [InlineData("Basic %%%")]
    [InlineData("Basic")]
    public void Another_header_is_a_fault_and_no_password(string header)
    {
        var read = BasicAuthorization.Read(header, "CS-1");
        Assert.Null(read.Password);
        Assert.NotNull(read.Fault);
    }

    [Fact]
    public void Any_header_is_read_without_an_exception() => Gen.String.Sample(text => BasicAuthorization.Read(text, "CS-1"));

    [Fact]
    public void Raw_bytes_of_any_value_arrive_as_they_are() => Gen.Byte.Array[0, 40].Sample(bytes =>
        Assert.Equal(bytes, BasicAuthorization.Read("Basic " + Convert.ToBase64String([.. Bytes("CS-1:"), .. bytes]), "CS-1").Password));
}
